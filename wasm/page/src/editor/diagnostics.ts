/** Findings as CodeMirror shows them: under the text, in the gutter and on hover. */

import type { Action, Diagnostic } from "@codemirror/lint";

import type { Finding } from "../judge/protocol";
import type { Session } from "../state/session";
import { inline } from "../lib/markdown";
import { words } from "../words";
import { render } from "lit";

export function diagnostics(session: Session, findings: readonly Finding[]): Diagnostic[] {
  const length = session.text.length;
  return findings.map((finding) => {
    const from = Math.min(finding.from, length);
    const end = Math.min(Math.max(finding.to, from), length);
    // Of a kubeconfig's twenty lines the beginning is enough.
    const to = end - from > 200 ? from + 40 : end;
    return {
      from,
      to,
      severity: finding.severity,
      source: finding.rule,
      message: finding.message,
      renderMessage: () => message(session, finding),
      actions: actions(session, finding),
    };
  });
}

function actions(session: Session, finding: Finding): Action[] {
  const fixes = finding.fixes.filter((fix) => fix.edits.length > 0).map((fix) => ({ name: plain(fix.title), apply: () => void session.mend(fix) }));
  return [...fixes, { name: words(session.language).why, apply: () => void session.explain(finding.rule) }];
}

/** A button's label has no marks of its own. */
function plain(text: string): string {
  return text.replaceAll("`", "");
}

/** What is wrong, why, and the first words of the rule's page. */
function message(session: Session, finding: Finding): Node {
  const place = document.createElement("div");
  place.className = "told";
  render(inline(finding.message), place.appendChild(document.createElement("strong")));
  if (finding.help) render(inline(finding.help), place.appendChild(document.createElement("p")));
  const page = place.appendChild(document.createElement("p"));
  page.className = "page";
  void session.page(finding.rule).then((text) => render(inline(`${finding.rule}: ${summary(text)}`), page));
  return place;
}

/** The sentence below the title of a rule's page. */
function summary(page: string): string {
  return page.split("\n\n")[1]?.replaceAll("\n", " ") ?? "";
}
