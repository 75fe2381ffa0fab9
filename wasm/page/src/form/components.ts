/** The components that the profile needs, one row a slot. */

import { type TemplateResult, html, noChange, nothing } from "lit";

import type { Component, Profile } from "../judge/protocol";
import type { Session } from "../state/session";
import { words } from "../words";
import { type Drafts, field, told } from "./field";
import { keysAt, textAt } from "./values";

/** The row of the profile table that the text is of. */
export function profileOf(session: Session): Profile | undefined {
  const resource = session.verdict?.shown?.resource;
  const [usage, clusterType, workerType] = ["usage", "clusterType", "workerType"].map((name) => textAt(resource, ["spec", name]) || undefined);
  return session.tables?.profiles.find((row) => row.usage === usage && row.clusterType === clusterType && row.workerType === workerType);
}

/** What nobody chooses: it is filled in. */
const GIVEN = ["secretManagement", "oauthProxy"];

export function components(session: Session, drafts: Drafts, profile: Profile | undefined): TemplateResult {
  const say = words(session.language);
  const resource = session.verdict?.shown?.resource;
  const written = keysAt(resource, ["spec", "componentsList"]);
  const needed = profile?.slots ?? [];
  const others = written.filter((slot) => !needed.includes(slot));
  const whole = session.at(["spec", "componentsList"], true);
  return html`<section>
    <h3>${say.components}</h3>
    ${told(session, whole, "components-told")}
    ${needed.length === 0 && others.length === 0 ? html`<p class="quiet">${say.componentsLater}</p>` : nothing}
    ${needed.map((slot) => row(session, drafts, slot, true))}
    ${others.map((slot) => row(session, drafts, slot, false))}
  </section>`;
}

function row(session: Session, drafts: Drafts, slot: string, needed: boolean): TemplateResult {
  const say = words(session.language);
  const { shown } = session.verdict!;
  const base = ["spec", "componentsList", slot];
  const fill = (path: readonly string[]) => shown?.fill.find((one) => one.path.join(".") === path.join("."))?.value;
  const name = textAt(shown?.resource, [...base, "name"]) ?? fill([...base, "name"]);
  const namespace = textAt(shown?.resource, [...base, "namespace"]) ?? fill([...base, "namespace"]);
  const known = session.tables!.components.filter((component) => component.slot === slot);
  const component = known.find((one) => one.name === name);
  const findings = session.at(base);
  const written = keysAt(shown?.resource, ["spec", "componentsList"]).includes(slot);
  const worst = findings.some((finding) => finding.severity === "error") ? "error" : findings.length > 0 ? "warning" : "";
  // An error opens it; who is typing in it when that is mended is not shut out.
  return html`<details class="slot ${worst}" .open=${worst === "error" ? true : noChange} data-path=${base.join(".")}>
    <summary>
      <span class="slot-name">${say.slot[slot]?.[0] ?? slot}</span>
      <span class="slot-what ${written ? "" : "ghosted"}">${name ?? "—"}${namespace && namespace !== name ? html` <small>${say.inNamespace} ${namespace}</small>` : nothing}</span>
      <span class="slot-state">${worst ? say.severity[worst] : written ? "" : say.filledIn}</span>
    </summary>
    <div class="slot-body">
      <p class="hint">${say.slot[slot]?.[1] ?? ""} ${needed ? nothing : say.notNeeded}</p>
      ${told(session, session.at(base, true), `slot-${slot}-told`)}
      ${GIVEN.includes(slot) && !written ? html`<p class="hint">${say.given}</p>` : fields(session, drafts, base, known, component)}
      ${written ? html`<button type="button" class="quiet-button" @click=${() => session.change({ path: base })}>${needed ? say.backToDefault : say.remove}</button>` : nothing}
    </div>
  </details>`;
}

function fields(session: Session, drafts: Drafts, base: readonly string[], known: readonly Component[], component: Component | undefined): TemplateResult {
  const say = words(session.language);
  const there = keysAt(session.verdict?.shown?.resource, [...base, "additions"]);
  const additions = component?.additions ?? [];
  const unknown = there.filter((name) => !additions.some((addition) => addition.name === name));
  return html`<div class="pair">
      ${field(session, drafts, { path: [...base, "name"], label: say.component, choices: known.map((one) => ({ value: one.name, label: one.name })) })}
      ${field(session, drafts, { path: [...base, "namespace"], label: say.namespace, suggestions: known.map((one) => one.namespace) })}
    </div>
    <div class="pair">
      ${additions.map((addition) => field(session, drafts, { path: [...base, "additions", addition.name], label: say.addition[addition.name] ?? addition.name, hint: addition.required ? "" : say.optional, numeric: addition.kind === "port" }))}
      ${unknown.map((name) => field(session, drafts, { path: [...base, "additions", name], label: name }))}
    </div>`;
}
