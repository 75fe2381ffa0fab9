/** Which products may use which namespaces and cluster-wide resources. */

import { type TemplateResult, html, nothing } from "lit";
import { live } from "lit/directives/live.js";

import type { Json, Path } from "../judge/protocol";
import type { Session } from "../state/session";
import { words } from "../words";
import { profileOf } from "./components";
import { type Drafts, field, id, told } from "./field";
import { keysAt, listAt, textAt } from "./values";

const RESERVED: Path = ["spec", "reservedNamespacesAllowedProducts"];
const RESOURCES: Path = ["spec", "productAllowedClusterResources"];

export function tenancy(session: Session, drafts: Drafts): TemplateResult {
  const say = words(session.language);
  const resource = session.verdict?.shown?.resource;
  return html`<section>
    <h3>${say.tenancy}</h3>
    <h4>${say.reserved}</h4>
    <p class="hint">${say.reservedHint}</p>
    ${told(session, session.at(RESERVED, true), "reserved-told")}
    ${keysAt(resource, RESERVED).map((namespace) => reserved(session, drafts, namespace))}
    ${adder(session, "new-reserved", say.addNamespace, openable(session), (namespace) => session.change({ path: [...RESERVED, namespace], value: ["demo-quickstart"] }))}
    <h4>${say.clusterResources}</h4>
    <p class="hint">${say.clusterResourcesHint}</p>
    ${told(session, session.at(RESOURCES, true), "resources-told")}
    ${keysAt(resource, RESOURCES).map((product) => resources(session, drafts, product))}
    ${adder(session, "new-product", say.addProduct, [], (product) => session.change({ path: [...RESOURCES, product], value: [{ kind: "ClusterRole", group: "rbac.authorization.k8s.io" }] }))}
  </section>`;
}

/** The namespaces of the components that this cluster gets. */
function openable(session: Session): string[] {
  const { shown } = session.verdict!;
  const slots = profileOf(session)?.slots ?? [];
  const there = keysAt(shown?.resource, RESERVED);
  const names = slots.map((slot) => {
    const path = ["spec", "componentsList", slot, "namespace"];
    return textAt(shown?.resource, path) ?? shown?.fill.find((fill) => fill.path.join(".") === path.join("."))?.value ?? "";
  });
  return [...new Set(names)].filter((name) => name !== "" && !there.includes(name));
}

function reserved(session: Session, drafts: Drafts, namespace: string): TemplateResult {
  const say = words(session.language);
  const path = [...RESERVED, namespace];
  const products = listAt(session.verdict?.shown?.resource, path).map(String);
  const me = id(path);
  return html`<div class="entry" data-path=${path.join(".")}>
    <div class="field">
      <label for=${me}>${say.productsIn} <code>${namespace}</code></label>
      <input id=${me} type="text" autocomplete="off" spellcheck="false" .value=${live(drafts.value(path, products.join(", ")))} aria-describedby="${me}-told"
        @input=${(event: Event) => drafts.list(path, (event.target as HTMLInputElement).value)} @blur=${() => drafts.leave(path)}>
    </div>
    <button type="button" class="quiet-button" aria-label="${say.remove}: ${namespace}" @click=${() => session.change({ path })}>${say.remove}</button>
    ${told(session, session.at(path), `${me}-told`)}
  </div>`;
}

function resources(session: Session, drafts: Drafts, product: string): TemplateResult {
  const say = words(session.language);
  const path = [...RESOURCES, product];
  const list = listAt(session.verdict?.shown?.resource, path);
  const more: Json = { kind: "ClusterRoleBinding", group: "rbac.authorization.k8s.io" };
  return html`<div class="entry product" data-path=${path.join(".")}>
    <p class="entry-title">${say.product} <code>${product}</code></p>
    ${told(session, session.at(path, true), `${id(path)}-told`)}
    ${list.map((_, index) => html`<div class="pair">
      ${field(session, drafts, { path: [...path, index, "kind"], label: say.kind })}
      ${field(session, drafts, { path: [...path, index, "group"], label: say.group, suggestions: ["rbac.authorization.k8s.io"] })}
      ${told(session, session.at([...path, index], true), `${id([...path, index])}-told`)}
    </div>`)}
    <span class="row">
      <button type="button" class="quiet-button" @click=${() => session.change({ path, value: [...list, more] })}>${say.addResource}</button>
      <button type="button" class="quiet-button" aria-label="${say.remove}: ${product}" @click=${() => session.change({ path })}>${say.remove}</button>
    </span>
  </div>`;
}

function adder(session: Session, name: string, label: string, suggestions: readonly string[], add: (word: string) => void): TemplateResult {
  const say = words(session.language);
  const take = (event: Event) => {
    event.preventDefault();
    const input = document.querySelector<HTMLInputElement>(`#${name}`)!;
    const word = input.value.trim();
    if (word === "") return input.focus();
    input.value = "";
    add(word);
  };
  return html`<div class="adder">
    <div class="field"><label for=${name}>${label}</label>
      <input id=${name} type="text" autocomplete="off" spellcheck="false" list=${suggestions.length > 0 ? `${name}-list` : nothing}
        @keydown=${(event: KeyboardEvent) => { if (event.key === "Enter") take(event); }}>
      ${suggestions.length > 0 ? html`<datalist id="${name}-list">${suggestions.map((word) => html`<option value=${word}></option>`)}</datalist>` : nothing}
    </div>
    <button type="button" @click=${take}>${say.add}</button>
  </div>`;
}
