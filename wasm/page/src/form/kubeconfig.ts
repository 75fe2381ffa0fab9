/** The kubeconfig of a physical cluster: looked at here, kept in memory alone. */

import { type TemplateResult, html, nothing } from "lit";

import type { KubeconfigFacts } from "../judge/protocol";
import type { Session } from "../state/session";
import { type Words, words } from "../words";
import { told } from "./field";

/** A kubeconfig is a few kilobytes. */
const LONGEST = 1 << 20;

export function kubeconfig(session: Session): TemplateResult {
  const say = words(session.language);
  const { shown } = session.verdict!;
  const inText = shown?.hasKubeconfig ?? false;
  return html`<section data-path="kubeconfig">
    <h3>${say.kubeconfig}</h3>
    <p class="hint">${inText ? say.kubeconfigInText : say.kubeconfigHint}</p>
    ${told(session, session.at(["kubeconfig"]), "kubeconfig-told")}
    ${session.facts ? facts(session, session.facts, say) : nothing}
    ${inText ? nothing : html`
      <div class="drop" @dragover=${(event: DragEvent) => event.preventDefault()} @drop=${(event: DragEvent) => void dropped(session, event)}>
        <label class="file-button">${session.facts ? say.anotherKubeconfig : say.chooseKubeconfig}
          <input type="file" id="kubeconfig-file" @change=${(event: Event) => void chosen(session, event.target as HTMLInputElement)}></label>
        <span class="hint">${say.orDrop}</span>
        ${session.facts ? html`<button type="button" class="quiet-button" @click=${() => void session.holdKubeconfig(undefined)}>${say.forget}</button>` : nothing}
      </div>`}
  </section>`;
}

async function chosen(session: Session, input: HTMLInputElement): Promise<void> {
  const file = input.files?.[0];
  if (file) await take(session, file);
  input.value = "";
}

async function dropped(session: Session, event: DragEvent): Promise<void> {
  event.preventDefault();
  event.stopPropagation();
  const file = event.dataTransfer?.files[0];
  if (file) await take(session, file);
}

async function take(session: Session, file: File): Promise<void> {
  if (file.size > LONGEST) return session.update({ notice: words(session.language).tooLong(file.size) });
  await session.holdKubeconfig(await file.text());
}

function facts(session: Session, told_: KubeconfigFacts, say: Words): TemplateResult {
  const day = (seconds: number) => new Intl.DateTimeFormat(session.language === "zh" ? "zh-CN" : "en-GB", { dateStyle: "long", timeZone: "UTC" }).format(seconds * 1000);
  const rows: [string, string | undefined][] = [
    [say.factServer, told_.server],
    [say.factAuthority, told_.authority && say.authority[told_.authority]],
    [say.factExpires, told_.expires === undefined ? undefined : day(told_.expires)],
    [say.factContext, told_.context],
    [say.factContexts, told_.contexts.length > 1 ? told_.contexts.join(", ") : undefined],
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => (value ? html`<div><dt>${name}</dt><dd>${value}</dd></div>` : nothing))}</dl>
    ${told_.findings.length === 0 ? html`<p class="fine">${say.kubeconfigFine}</p>` : told(session, told_.findings, "facts-told")}`;
}
