// Findings as react-jsonschema-form has them: what its `extraErrors` takes.

import { type Choice, chosen, keys } from "./chosen.js";
import type { Verdict } from "../types.js";

/** Messages, each below the keys of its field. */
export interface ErrorTree {
  __errors?: string[];
  [key: string]: ErrorTree | string[] | undefined;
}

/** The findings of `checkValues` as an `ErrorSchema`. */
export function toErrorSchema(verdict: Verdict, choice?: Choice): ErrorTree {
  const root = branch();
  for (const { finding, pointer } of chosen(verdict, choice)) {
    let at = root;
    // A key `__errors` of the document's own would stand where the messages are.
    for (const key of keys(pointer).filter((key) => key !== "__errors")) {
      at = (at[key] ??= branch()) as ErrorTree;
    }
    (at.__errors ??= []).push(finding.message);
  }
  return root;
}

/** Without a prototype: a document may have a key `constructor`, or `__proto__`. */
function branch(): ErrorTree {
  return Object.create(null) as ErrorTree;
}
