/** What is wrong: a summary that is announced, and the list. */

import { type TemplateResult, html, nothing } from "lit";

import { fixes } from "../form/field";
import { inline } from "../lib/markdown";
import type { Finding, Path } from "../judge/protocol";
import type { Session } from "../state/session";
import { words } from "../words";

export function summary(session: Session, open: () => void): TemplateResult {
  const say = words(session.language);
  const { verdict } = session;
  const [errors, warnings] = [session.count("error"), session.count("warning")];
  const state = !verdict || session.text.trim() === "" ? "" : errors > 0 ? "error" : warnings > 0 ? "warning" : "fine";
  return html`<div id="summary" class=${state} role="status" aria-live="polite" tabindex="0" @click=${open}
    >${state === "" ? say.noText : html`<span class="mark" aria-hidden="true"></span>${say.summary(errors, warnings)}`}</div>`;
}

export function problemsView(session: Session, toField: (path: Path) => void, toText: () => Promise<unknown>): TemplateResult {
  const say = words(session.language);
  const { verdict } = session;
  if (!verdict || session.text.trim() === "") return html`<p class="quiet">${say.noText}</p>`;
  const { findings } = session;
  if (findings.length === 0) return html`<p class="fine">${verdict.unasked ? say.summary(0, 0) : session.fleet?.complete ? say.noProblem : say.noProblemAlone}</p>`;
  const safe = findings.filter((finding) => finding.fixes.some((fix) => fix.safe && fix.edits.length > 0)).length;
  const line = lines(session.text);
  // What lies beside the text has its place in the form.
  const isBeside = (finding: Finding) => session.facts?.findings.includes(finding) ?? false;
  const show = (finding: Finding) => {
    if (isBeside(finding)) return toField(["kubeconfig"]);
    // What is hidden takes no focus.
    void toText().then(() => session.show(finding));
  };
  return html`
    ${safe > 1 ? html`<p class="row"><button type="button" id="mend-all" @click=${() => void session.mendAll().then(() => document.querySelector<HTMLElement>("#summary")?.focus())}>${say.mendAll} (${safe})</button></p>` : nothing}
    <ol class="problems">${findings.map((finding) => html`
      <li class=${finding.severity}>
        <span class="mark" role="img" aria-label=${say.severity[finding.severity]}></span>
        <div>
          <button type="button" class="message" @click=${() => show(finding)}>${inline(finding.message)}</button>
          <span class="where">
            ${verdict.documents > 1 ? html`${say.otherDocument(finding.document + 1)}, ` : nothing}${isBeside(finding) ? nothing : say.line(line(finding.from))}
            ${finding.path?.length && finding.document === session.active ? html`<button type="button" class="path" @click=${() => toField(finding.path!)}>${finding.display ?? finding.path.join(".")}</button>` : nothing}
            ${finding.within ? html`<code>${finding.within}</code>` : nothing}
            ${finding.unchanged ? html`<em>${say.unchanged}</em>` : nothing}
          </span>
          ${finding.help ? html`<p class="help">${inline(finding.help)}</p>` : nothing}
          ${finding.related.map((party) => html`<p class="help">${inline(party.message)} ${party.from === undefined ? nothing : say.line(line(party.from))} ${party.file ? html`<code>${party.file}</code>` : nothing}</p>`)}
          <span class="row">${fixes(session, finding)}
            <button type="button" class="rule" @click=${() => void session.explain(finding.rule)}><code>${finding.rule}</code> ${say.why}</button></span>
        </div>
      </li>`)}
    </ol>
    ${verdict.omitted > 0 ? html`<p class="quiet">${say.omitted(verdict.omitted)}</p>` : nothing}`;
}

/** The line of an offset, from 1. The starts are found once. */
function lines(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
