// The package in a page or a worker.

import load, { initSync as start } from "./core/clearance.js";

export * from "./api.js";

/** The module, or where it is: an address, a response, bytes, or compiled already. */
export type Source = Given | Promise<Given>;
type Given = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

/** Loads the module: the file beside this one, if nothing else is said. What is there already is not loaded again. */
export async function init(source: Source = new URL("./core/clearance_bg.wasm", import.meta.url)): Promise<void> {
  await load({ module_or_path: source });
}

/** Starts the module from its bytes, or as it was compiled. */
export function initSync(module: BufferSource | WebAssembly.Module): void {
  start({ module });
}
