/** Registering from the page, where a registrar is behind it. The token is kept in memory alone. */

import { type TemplateResult, html, nothing, render } from "lit";

import { inline } from "../lib/markdown";
import type { Session } from "../state/session";
import { words } from "../words";

/** Whether a registrar answers here: without a token it asks for one. Credentials are left out of every
 * request: at a 401 that names `Basic`, as Git needs it, the browser would ask for a password itself, and
 * stand still until somebody answers. */
let here: boolean | undefined;

async function probe(session: Session): Promise<void> {
  here = false;
  try {
    const { status } = await fetch("./api/v1/clusters", { credentials: "omit", headers: { accept: "application/json" } });
    here = status === 401 || status === 403;
  } catch {
    // Nothing answers: the button stays away.
  }
  if (here) session.update({});
}

export function registerButton(session: Session): TemplateResult | typeof nothing {
  if (here === undefined) void probe(session);
  // A deletion was judged, and is no registration.
  if (!here || session.deletion) return nothing;
  const say = words(session.language);
  const begin = () => {
    // What was answered before was about another text.
    answer([]);
    document.querySelector<HTMLDialogElement>("#register-dialog")?.showModal();
  };
  return html`<button type="button" id="register" @click=${begin}>${say.register}</button>
    <dialog id="register-dialog" aria-labelledby="register-title" @close=${(event: Event) => { tokenOf(event).value = ""; }}>
      <form method="dialog" @submit=${(event: SubmitEvent) => void send(session, event)}>
        <h2 id="register-title">${say.register}</h2>
        <p><code>${session.verdict?.shown?.name || "…"}</code></p>
        <p class="hint">${say.registerHint}</p>
        <div class="field"><label for="register-token">${say.token}</label><input id="register-token" type="password" autocomplete="off" required></div>
        <div id="register-answer" role="status"></div>
        <p class="row"><button value="send">${say.send}</button><button type="button" class="quiet-button" @click=${(event: Event) => (event.target as Element).closest("dialog")?.close()}>${say.cancel}</button></p>
      </form>
    </dialog>`;
}

async function send(session: Session, event: SubmitEvent): Promise<void> {
  event.preventDefault();
  const token = tokenOf(event);
  const name = session.verdict?.shown?.name ?? "";
  const say = words(session.language);
  // What is sent is made of the text: what is given twice in it, or cannot be read, would go without a word.
  if (session.count("error") > 0) return answer([say.registerErrors], "error");
  try {
    const response = await fetch(`./api/v1/clusters/${encodeURIComponent(name)}`, {
      method: "POST",
      credentials: "omit",
      headers: { authorization: `Bearer ${token.value}`, "content-type": "application/json", "accept-language": session.language },
      body: await session.convert("request", true),
    });
    const body = (await response.json().catch(() => ({}))) as Answer;
    const told = [...(body.findings ?? []), ...(body.warnings ?? [])].map(({ message }) => message);
    const first = body.message ?? body.detail ?? body.title ?? (response.ok ? say.sent : response.statusText);
    // What a refusal says first is the first of its findings, and how many more there are.
    answer(body.findings ? told : [first, ...told], response.ok ? "fine" : "error");
    if (response.ok) token.value = "";
  } catch (error) {
    answer([error instanceof Error ? error.message : String(error)], "error");
  }
}

function tokenOf(event: Event): HTMLInputElement {
  return (event.target as Element).closest("dialog")!.querySelector("#register-token")!;
}

/** What a registrar answers. */
interface Answer {
  readonly message?: string;
  readonly detail?: string;
  readonly title?: string;
  readonly findings?: readonly { readonly message: string }[];
  readonly warnings?: readonly { readonly message: string }[];
}

function answer(sentences: readonly string[], state: "" | "fine" | "error" = ""): void {
  const place = document.querySelector<HTMLElement>("#register-answer")!;
  render(sentences.map((sentence) => html`<p>${inline(sentence)}</p>`), place);
  place.className = state;
}
