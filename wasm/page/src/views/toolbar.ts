/** The bar at the top: what is done with the whole. */

import { type TemplateResult, html, nothing } from "lit";

import type { FormName } from "../judge/protocol";
import { reset } from "../state/keeping";
import type { Session, Theme } from "../state/session";
import { LONGEST_LINK, link } from "../state/share";
import { type Words, words } from "../words";
import { registerButton } from "./register";

export function toolbar(session: Session): TemplateResult {
  const say = words(session.language);
  return html`<header>
    <h1><img src="./icon.svg" alt="" width="22" height="22"> ${say.title} <small>${say.subtitle}</small></h1>
    <div class="tools">
      <button type="button" id="start-again" @click=${() => reset(session)}>${say.reset}</button>
      <button type="button" id="compare" aria-pressed=${session.old !== undefined} @click=${() => compare(session)}>${session.old === undefined ? say.compare : say.endCompare}</button>
      <details class="menu"><summary id="copy-as">${say.copy}</summary>
        <div class="menu-items">
          ${([["resource", say.copyResource], ["request", say.copyRequest], ["property", say.copyProperty], ["curl", say.copyCurl]] as const).map(([form, label]) => html`
            <button type="button" data-copy=${form} @click=${(event: Event) => void copyAs(session, form, event)}>${label}</button>`)}
          ${session.kubeconfig !== undefined ? html`<label class="check"><input type="checkbox" id="copy-kubeconfig"> ${say.copyKubeconfig}</label>` : nothing}
        </div>
      </details>
      <button type="button" id="save" @click=${() => download(session)}>${say.save}</button>
      <button type="button" id="link" @click=${() => void share(session, say)}>${say.link}</button>
      ${registerButton(session)}
      <button type="button" id="language" lang=${session.language === "zh" ? "en" : "zh-CN"} @click=${() => void session.speak(session.language === "zh" ? "en" : "zh")}>${say.otherLanguage}</button>
      <button type="button" id="theme" class="icon" aria-label=${say.theme[session.theme]} title=${say.theme[session.theme]} @click=${() => session.update({ theme: next(session.theme) })}>${{ auto: "◐", light: "☀", dark: "☾" }[session.theme]}</button>
    </div>
  </header>`;
}

function next(theme: Theme): Theme {
  return theme === "auto" ? "dark" : theme === "dark" ? "light" : "auto";
}

function compare(session: Session): void {
  session.old = session.old === undefined ? session.text : undefined;
  session.deletion = false;
  session.update({});
  void session.recheck();
}

async function copyAs(session: Session, form: FormName | "curl", event: Event): Promise<void> {
  const withKubeconfig = document.querySelector<HTMLInputElement>("#copy-kubeconfig")?.checked ?? false;
  const text = await session.convert(form === "curl" ? "request" : form, withKubeconfig);
  const name = session.verdict?.shown?.name || "$name";
  await copy(session, form === "curl" ? curl(name, text) : text, words(session.language).copied);
  const menu = (event.target as Element).closest("details");
  if (menu) menu.open = false;
  menu?.querySelector("summary")?.focus();
}

/** The token comes from the environment, so that it stays out of the shell's history. */
function curl(name: string, request: string): string {
  return `curl -X POST "$NAUTES_API/api/v1/clusters/${encodeURIComponent(name)}" \\
  -H "Authorization: Bearer $GITLAB_ACCESS_TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d '${request.trim().replaceAll("'", "'\\''")}'
`;
}

async function copy(session: Session, text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    session.update({ notice: done });
  } catch {
    session.update({ notice: words(session.language).notCopied });
  }
}

async function share(session: Session, say: Words): Promise<void> {
  const text = await session.withoutSecrets();
  const old = session.old === undefined ? undefined : await session.withoutSecrets(session.old);
  if (text === undefined || (session.old !== undefined && old === undefined)) return session.update({ notice: say.linkSecret });
  const address = await link({ text, file: session.file, name: session.name, deletion: session.deletion, ...(old === undefined ? {} : { old }) });
  if (address.length > LONGEST_LINK) return session.update({ notice: say.linkTooLong });
  await copy(session, address, say.linkCopied);
}

function download(session: Session): void {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(new Blob([session.text], { type: "text/plain" }));
  anchor.download = session.file.split("/").pop() || (session.text.trimStart().startsWith("{") ? "cluster.json" : "cluster.yaml");
  anchor.click();
  URL.revokeObjectURL(anchor.href);
}
