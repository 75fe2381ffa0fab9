/** Registering from the page, where a registrar is behind it. The token is kept in memory alone. */

import { type TemplateResult, html, nothing } from "lit";

import type { Session } from "../state/session";
import { words } from "../words";

/** Whether a registrar answers here: without a token it asks for one. */
let here: boolean | undefined;

async function probe(session: Session): Promise<void> {
  here = false;
  try {
    const answer = await fetch("./api/v1/clusters", { headers: { accept: "application/json" } });
    here = answer.status === 401 || answer.status === 403;
  } catch {
    // Nothing answers: the button stays away.
  }
  if (here) session.update({});
}

export function registerButton(session: Session): TemplateResult | typeof nothing {

  if (here === undefined) void probe(session);
  if (!here) return nothing;
  const say = words(session.language);
  return html`<button type="button" id="register" @click=${() => document.querySelector<HTMLDialogElement>("#register-dialog")?.showModal()}>${say.register}</button>
    <dialog id="register-dialog" aria-labelledby="register-title">
      <form method="dialog" @submit=${(event: SubmitEvent) => void send(session, event)}>
        <h2 id="register-title">${say.register}</h2>
        <p class="hint">${say.registerHint}</p>
        <div class="field"><label for="register-token">${say.token}</label><input id="register-token" type="password" autocomplete="off" required></div>
        <p id="register-answer" role="status"></p>
        <p class="row"><button value="send">${say.send}</button><button type="button" class="quiet-button" @click=${(event: Event) => (event.target as Element).closest("dialog")?.close()}>${say.cancel}</button></p>
      </form>
    </dialog>`;
}

async function send(session: Session, event: SubmitEvent): Promise<void> {
  event.preventDefault();
  const dialog = (event.target as Element).closest("dialog")!;
  const token = dialog.querySelector<HTMLInputElement>("#register-token")!;
  const told = dialog.querySelector<HTMLElement>("#register-answer")!;
  const name = session.verdict?.shown?.name ?? "";
  try {
    const answer = await fetch(`./api/v1/clusters/${encodeURIComponent(name)}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token.value}`, "content-type": "application/json" },
      body: await session.convert("request", true),
    });
    const body = (await answer.json().catch(() => ({}))) as { message?: string; detail?: string; title?: string };
    told.textContent = body.message ?? body.detail ?? body.title ?? (answer.ok ? words(session.language).sent : answer.statusText);
    if (answer.ok) token.value = "";
  } catch (error) {
    told.textContent = error instanceof Error ? error.message : String(error);
  }
}
