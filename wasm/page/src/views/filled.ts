/** What will be filled in, as a difference to the text. */

import { type TemplateResult, html } from "lit";

import { difference } from "../lib/difference";
import type { Session } from "../state/session";
import { words } from "../words";

export function filledView(session: Session): TemplateResult {
  const say = words(session.language);
  const { shown } = session.verdict ?? {};
  if (!shown || shown.fill.length === 0) return html`<p class="quiet">${shown?.readable === false ? say.fillBroken : say.fillNone}</p>`;
  if (shown.fillEdits.length === 0) return html`<p class="quiet">${say.fillBroken}</p>`;
  return html`
    <p class="row"><button type="button" id="fill" @click=${() => void session.fill().then(() => document.querySelector<HTMLElement>("#summary")?.focus())}>${say.fillButton}</button>
      <span class="hint">${say.fillCount(shown.fill.length)}</span></p>
    <pre class="diff" tabindex="0"><code>${difference(session.text, shown.fillEdits).map(({ sign, line }) => html`<span class=${sign === "+" ? "added" : sign === "-" ? "removed" : "same"}>${sign} ${line}
</span>`)}</code></pre>`;
}
