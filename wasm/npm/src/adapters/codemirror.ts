// Findings as CodeMirror 6 marks them (`@codemirror/lint`).

import type { Change, Severity, Verdict } from "../types.js";

/** As much of an editor as is asked for. */
export interface View {
  readonly state: { readonly doc: { toString(): string } };
  dispatch(transaction: { changes: { from: number; to: number; insert: string }[] }): void;
}

/** A `Diagnostic` of CodeMirror's. */
export interface Diagnostic {
  from: number;
  to: number;
  severity: Severity;
  source: string;
  message: string;
  actions: { name: string; apply(view: View): void }[];
}

/** A source for `linter`: judges the text, and offers the changes of each finding as actions. */
export function lintSource(check: (text: string) => Verdict): (view: View) => Diagnostic[] {
  return (view) => {
    const { doc } = view.state;
    return toDiagnostics(check(doc.toString()), doc);
  };
}

/**
 * The findings in a text as diagnostics. A change is only made in the document that it was offered for:
 * `doc` is `view.state.doc`.
 */
export function toDiagnostics(verdict: Verdict, doc: View["state"]["doc"]): Diagnostic[] {
  return verdict.findings.map(({ range, severity, rule, message, changes }) => ({
    from: range.start.offset,
    to: range.end.offset,
    severity,
    source: rule,
    message,
    actions: changes.filter((change) => change.edits.length > 0).map((change) => action(change, doc)),
  }));
}

function action({ title, edits }: Change, doc: View["state"]["doc"]): Diagnostic["actions"][number] {
  const changes = edits.map(({ range, text }) => ({ from: range.start.offset, to: range.end.offset, insert: text }));
  return {
    name: title,
    apply: (view) => {
      if (view.state.doc === doc) {
        view.dispatch({ changes });
      }
    },
  };
}
