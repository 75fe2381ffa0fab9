// The package in Node: the same, but that the module is read from its file.

import { readFile } from "node:fs/promises";
import load from "./core/clearance.js";
import type { Source } from "./index.js";

export * from "./api.js";
export { initSync } from "./index.js";
export type { Source } from "./index.js";

let loading: Promise<void> | undefined;

/** Loads the module: the file beside this one, if nothing else is said. What is there already is not loaded again. */
export function init(source?: Source): Promise<void> {
  loading ??= start(source).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function start(source?: Source): Promise<void> {
  const module_or_path = source ?? (await readFile(new URL("core/clearance_bg.wasm", import.meta.url)));
  await load({ module_or_path });
}
