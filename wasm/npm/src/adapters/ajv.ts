// Findings as AJV tells errors: what JSON Forms takes as `additionalErrors`.

import { type Choice, chosen } from "./chosen.js";
import type { Severity, Verdict } from "../types.js";

/** An error in the shape of AJV's `ErrorObject`. The keyword is the rule. */
export interface AjvError {
  instancePath: string;
  schemaPath: string;
  keyword: string;
  params: { severity: Severity; docs: string; help?: string };
  message: string;
}

/** The findings of `checkValues` as AJV's errors. */
export function toAjvErrors(verdict: Verdict, choice?: Choice): AjvError[] {
  return chosen(verdict, choice).map(({ finding: { rule, severity, message, docs, help }, pointer }) => ({
    instancePath: pointer,
    schemaPath: `#/clearance/${rule}`,
    keyword: rule,
    params: { severity, docs, ...(help === undefined ? {} : { help }) },
    message,
  }));
}
