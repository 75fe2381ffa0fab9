// Findings as Monaco marks them (`monaco.editor.setModelMarkers`).

import type { Change, Severity, Verdict } from "../types.js";

/** A range of Monaco's: lines and columns from 1, in UTF-16 code units. */
export interface MonacoRange {
  startLineNumber: number;
  startColumn: number;
  endLineNumber: number;
  endColumn: number;
}

/** An `IMarkerData` of Monaco's. The code is the rule. */
export interface Marker extends MonacoRange {
  severity: 2 | 4 | 8;
  source: string;
  code: string;
  message: string;
}

/** `MarkerSeverity` of Monaco. */
const severities = { info: 2, warning: 4, error: 8 } as const satisfies Record<Severity, Marker["severity"]>;

/** The findings in a text as markers. */
export function toMarkers(verdict: Verdict): Marker[] {
  return verdict.findings.map(({ range, severity, rule, message, help }) => ({
    ...toRange(range),
    severity: severities[severity],
    source: "clearance",
    code: rule,
    message: help === undefined ? message : `${message}\n${help}`,
  }));
}

/** A change as edits for `model.pushEditOperations`. */
export function toEdits(change: Pick<Change, "edits">): { range: MonacoRange; text: string }[] {
  return change.edits.map(({ range, text }) => ({ range: toRange(range), text }));
}

function toRange({ start, end }: Verdict["findings"][number]["range"]): MonacoRange {
  return { startLineNumber: start.line, startColumn: start.column, endLineNumber: end.line, endColumn: end.column };
}
