/** One field of the form: its label, what it is for, its value, what would be filled in, and its findings. */

import { type TemplateResult, html, nothing } from "lit";
import { live } from "lit/directives/live.js";

import { inline } from "../lib/markdown";
import type { Finding, Path } from "../judge/protocol";
import type { Session } from "../state/session";
import { words } from "../words";
import { textAt } from "./values";

export interface FieldOf {
  readonly path: Path;
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly required?: boolean;
  /** Values to choose from: a list that allows others, too. */
  readonly suggestions?: readonly string[];
  /** Values of which one must be chosen. */
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  /** The value, where it does not lie in the resource. */
  readonly value?: string | undefined;
  readonly numeric?: boolean;
}

/** What somebody is typing and the text does not say yet. */
export class Drafts {
  private readonly typed = new Map<string, string>();

  constructor(private readonly session: Session) {}

  value(path: Path, said: string): string {
    return this.typed.get(key(path)) ?? said;
  }

  /** What is emptied goes when it is left so: who types something else keeps its place and its comment. */
  type(path: Path, value: string): void {
    this.typed.set(key(path), value);
    if (value !== "") this.session.change({ path, value });
  }

  choose(path: Path, value: string): void {
    this.session.change(value === "" ? { path } : { path, value });
  }

  /** Words with commas between them, as a list. */
  list(path: Path, value: string): void {
    this.typed.set(key(path), value);
    this.session.change({ path, value: value.split(/[,\s，、]+/).filter((word) => word !== "") });
  }

  leave(path: Path): void {
    if (this.typed.get(key(path)) === "") this.session.change({ path });
    this.typed.delete(key(path));
    this.session.update({});
  }

  clear(): void {
    this.typed.clear();
  }
}

export function key(path: Path): string {
  return path.join(".");
}

export function id(path: Path): string {
  return `f-${path.join("-").replaceAll(/[^\w-]/g, "_")}`;
}

export function field(session: Session, drafts: Drafts, of: FieldOf): TemplateResult {
  const say = words(session.language);
  const { shown } = session.verdict ?? {};
  const me = id(of.path);
  const said = of.value ?? textAt(shown?.resource, of.path) ?? "";
  const value = drafts.value(of.path, said);
  const ghost = value === "" ? shown?.fill.find((fill) => key(fill.path) === key(of.path))?.value : undefined;
  const findings = session.at(of.path);
  const describedBy = [of.hint ? `${me}-hint` : "", ghost === undefined ? "" : `${me}-ghost`, findings.length > 0 ? `${me}-told` : ""].filter(Boolean).join(" ");
  const invalid = findings.some((finding) => finding.severity === "error");
  const disabled = session.verdict !== undefined && shown?.readable === false;
  return html`
    <div class="field" data-path=${key(of.path)}>
      <label for=${me}>${of.label}${of.required ? html` <span class="need">${say.needed}</span>` : nothing}</label>
      ${of.choices
        ? html`<select id=${me} aria-describedby=${describedBy || nothing} aria-invalid=${invalid} ?disabled=${disabled}
            @change=${(event: Event) => drafts.choose(of.path, (event.target as HTMLSelectElement).value)}>
            <option value="" .selected=${live(value === "")}>${ghost === undefined ? "—" : `${ghost} (${say.filledIn})`}</option>
            ${choicesWith(of.choices, value).map((choice) => html`<option value=${choice.value} .selected=${live(choice.value === value)}>${choice.label}</option>`)}
          </select>`
        : html`<input id=${me} type="text" autocomplete="off" autocapitalize="off" spellcheck="false"
            inputmode=${of.numeric ? "numeric" : "text"} class=${ghost === undefined ? "" : "ghosted"}
            placeholder=${ghost ?? of.placeholder ?? ""} .value=${live(value)} list=${of.suggestions ? `${me}-list` : nothing}
            aria-describedby=${describedBy || nothing} aria-invalid=${invalid} aria-required=${of.required ?? false} ?disabled=${disabled}
            @input=${(event: Event) => drafts.type(of.path, (event.target as HTMLInputElement).value)} @blur=${() => drafts.leave(of.path)}>`}
      ${of.suggestions ? html`<datalist id="${me}-list">${of.suggestions.map((word) => html`<option value=${word}></option>`)}</datalist>` : nothing}
      ${of.hint ? html`<p class="hint" id="${me}-hint">${inline(of.hint)}</p>` : nothing}
      ${ghost === undefined ? nothing : html`<p class="ghost" id="${me}-ghost">${say.willBe} <code>${ghost}</code></p>`}
      ${told(session, findings, `${me}-told`)}
    </div>`;
}

/** A value that is none of the choices is shown beside them, not hidden. */
function choicesWith(choices: NonNullable<FieldOf["choices"]>, value: string) {
  return value === "" || choices.some((choice) => choice.value === value) ? choices : [...choices, { value, label: value }];
}

/** Findings under a field, with their fixes. */
export function told(session: Session, findings: readonly Finding[], as: string): TemplateResult | typeof nothing {
  if (findings.length === 0) return nothing;
  const say = words(session.language);
  return html`<ul class="told" id=${as}>${findings.map((finding) => html`
    <li class=${finding.severity}>
      <span class="mark" role="img" aria-label=${say.severity[finding.severity]}></span>
      <span>${inline(finding.message)}</span>
      ${fixes(session, finding)}
    </li>`)}</ul>`;
}

export function fixes(session: Session, finding: Finding): TemplateResult | typeof nothing {
  const offered = finding.fixes.filter((fix) => fix.edits.length > 0);
  if (offered.length === 0) return nothing;
  return html`<span class="fixes">${offered.map((fix) => html`
    <button type="button" class="fix" @click=${() => void mend(session, fix)}>${inline(fix.title)}</button>`)}</span>`;
}

/** The button goes with its finding: who used it by keyboard goes on at the list of problems. */
async function mend(session: Session, fix: Finding["fixes"][number]): Promise<void> {
  await session.mend(fix);
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) document.querySelector<HTMLElement>("#summary")?.focus();
  });
}
