/** What to start from. */

import { type TemplateResult, html } from "lit";

import { openFile } from "../state/files";
import { examples, openExample } from "../state/examples";
import type { Session } from "../state/session";
import { startText } from "../state/start-text";
import { words } from "../words";

export function startView(session: Session): TemplateResult {
  const say = words(session.language);
  const profiles = session.tables?.profiles ?? [];
  return html`<div class="start">
    <p class="hint">${say.startHint}</p>
    <h3>${say.newCluster}</h3>
    <ul class="cards">${profiles.map((profile) => html`<li>
      <button type="button" class="card" data-profile=${profile.name} @click=${() => begin(session, startText(profile))}>
        <b>${say.profile[profile.name]?.[0] ?? profile.name}</b><small>${say.profile[profile.name]?.[1] ?? ""}</small></button></li>`)}
    </ul>
    <h3>${say.examples}</h3>
    <ul class="list">${examples(session.language).map((example) => html`<li>
      <button type="button" class="path" data-example=${example.name} @click=${() => void openExample(session, example)}>${example.name}</button></li>`)}
    </ul>
    <p class="row">
      <button type="button" @click=${() => begin(session, "")}>${say.empty}</button>
      <label class="file-button">${say.openFile}<input type="file" id="open-file" @change=${(event: Event) => {
        const file = (event.target as HTMLInputElement).files?.[0];
        if (file) void openFile(session, file);
      }}></label>
    </p>
  </div>`;
}

/** The form is what comes next: its first empty field. */
function begin(session: Session, text: string): void {
  session.open(text, "");
  void session.recheck().then(() => requestAnimationFrame(() => {
    document.querySelector<HTMLElement>("cluster-form input[type=text]")?.focus();
  }));
}
