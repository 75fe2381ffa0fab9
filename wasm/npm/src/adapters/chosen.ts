// Which findings an adapter tells, and where.

import type { Finding, Severity, Verdict } from "../types.js";

/** What an adapter for forms is told beside the verdict. */
export interface Choice {
  /** The severities that are told: errors alone, if nothing is said. */
  severities?: readonly Severity[];
  /** The part of the document that the form holds, as a JSON Pointer such as `/spec`; all of it, if nothing is said. */
  base?: string;
}

/** The findings that a form shows, with their places in its data: JSON Pointers. What has no place there stands at its root. */
export function chosen(verdict: Verdict, { severities = ["error"], base = "" }: Choice = {}): { finding: Finding; pointer: string }[] {
  return verdict.findings
    .filter((finding) => severities.includes(finding.severity))
    .map((finding) => {
      const { field = "" } = finding;
      return { finding, pointer: field.startsWith(`${base}/`) ? field.slice(base.length) : "" };
    });
}

/** The keys and indices of a JSON Pointer (RFC 6901). */
export function keys(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}
