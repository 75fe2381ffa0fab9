/** Looking into the resource that a text describes. */

import type { Json, Path } from "../judge/protocol";

export function at(root: Json | undefined, path: Path): Json | undefined {
  let value: Json | undefined = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Array.isArray(value) ? value[Number(step)] : (value as { readonly [key: string]: Json })[step];
  }
  return value === null ? undefined : value;
}

/** A scalar as a person would type it; nothing for what is absent or no scalar. */
export function textAt(root: Json | undefined, path: Path): string | undefined {
  const value = at(root, path);
  return value === undefined || typeof value === "object" ? undefined : String(value);
}

export function keysAt(root: Json | undefined, path: Path): string[] {
  const value = at(root, path);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

export function listAt(root: Json | undefined, path: Path): readonly Json[] {
  const value = at(root, path);
  return Array.isArray(value) ? value : [];
}
