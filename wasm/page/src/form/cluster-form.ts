/** The form: it asks what the cluster's profile needs, and says why. */

import { LitElement, type TemplateResult, html, nothing } from "lit";
import { property } from "lit/decorators.js";

import type { Change, Profile } from "../judge/protocol";
import { Watching, type Session } from "../state/session";
import { words, type Words } from "../words";
import { components, profileOf } from "./components";
import { Drafts, field, told } from "./field";
import { kubeconfig } from "./kubeconfig";
import { tenancy } from "./tenancy";
import { textAt } from "./values";

export class ClusterForm extends LitElement {
  @property({ attribute: false }) session!: Session;
  private drafts!: Drafts;
  private opened = 0;

  protected override createRenderRoot() {
    return this;
  }

  override connectedCallback() {
    super.connectedCallback();
    this.drafts = new Drafts(this.session);
    new Watching(this, this.session);
  }

  override render() {
    const { session, drafts } = this;
    const { tables, verdict, language } = session;
    if (this.opened !== session.opened) drafts.clear();
    this.opened = session.opened;
    if (!tables || !verdict) return html`<p class="quiet">${words(language).loading}</p>`;
    const say = words(language);
    const { shown } = verdict;
    if (!shown) return html`<p class="empty">${session.text.trim() === "" ? say.formEmpty : say.formNothing}</p>`;
    const profile = profileOf(session);
    const virtual = textAt(shown.resource, ["spec", "clusterType"]) === "virtual";
    const request = shown.form !== "resource";
    return html`
      <form @submit=${(event: Event) => event.preventDefault()} aria-label=${say.form}>
        ${verdict.documents > 1 ? this.pickDocument(say) : nothing}
        ${shown.readable ? nothing : html`<p class="notice">${say.unreadable}</p>`}
        <section>
          <h3>${say.kindTitle}</h3>
          ${this.kind(say, profile)}
        </section>
        <section>
          <h3>${say.identity}</h3>
          ${shown.form === "request" ? this.urlName(say) : field(session, drafts, { path: ["metadata", "name"], label: say.name, hint: say.nameHint, required: true, placeholder: "shop-test" })}
          ${virtual ? field(session, drafts, { path: ["spec", "hostCluster"], label: say.hostCluster, hint: say.hostHint, required: true, suggestions: session.fleet?.hosts ?? [], placeholder: "cluster-host" }) : this.unneeded(["spec", "hostCluster"], say.hostCluster)}
          ${field(session, drafts, { path: ["spec", "apiServer"], label: say.apiServer, hint: virtual ? say.apiServerVirtualHint : say.apiServerHint, required: true, placeholder: virtual ? "https://203.0.113.10:31443" : "https://203.0.113.10:6443" })}
          ${virtual && request ? field(session, drafts, { path: ["vcluster", "https_node_port"], label: say.vclusterPort, hint: say.vclusterPortHint, value: shown.port, numeric: true }) : nothing}
          ${field(session, drafts, { path: ["spec", "primaryDomain"], label: say.primaryDomain, hint: say.primaryDomainHint, placeholder: "example.com" })}
        </section>
        ${components(session, drafts, profile)}
        ${virtual && !session.facts ? nothing : kubeconfig(session)}
        ${tenancy(session, drafts)}
      </form>`;
  }

  private pickDocument(say: Words) {
    const { session } = this;
    const { documents } = session.verdict!;
    const pick = (number: number) => {
      this.drafts.clear();
      session.active = Math.min(Math.max(number, 1), documents) - 1;
      void session.recheck();
    };
    return html`<div class="field"><label for="f-document">${say.document}</label>
      <input id="f-document" type="number" min="1" max=${documents} .value=${String(session.active + 1)} aria-describedby="f-document-hint"
        @change=${(event: Event) => pick((event.target as HTMLInputElement).valueAsNumber || 1)}>
      <p class="hint" id="f-document-hint">${say.documentOf(session.active + 1, documents)}</p>
    </div>`;
  }

  /** A request's name stands in its URL. */
  private urlName(say: Words) {
    const { session } = this;
    const findings = session.at(["metadata", "name"]);
    return html`<div class="field" data-path="metadata.name">
      <label for="f-metadata-name">${say.name} <span class="need">${say.needed}</span></label>
      <input id="f-metadata-name" type="text" autocomplete="off" autocapitalize="off" spellcheck="false" .value=${session.name} placeholder="shop-test"
        aria-describedby="f-metadata-name-hint ${findings.length > 0 ? "f-metadata-name-told" : ""}" aria-required="true"
        @input=${(event: Event) => { session.name = (event.target as HTMLInputElement).value; void session.recheck(); }}>
      <p class="hint" id="f-metadata-name-hint">${say.nameInUrl} <code>POST /api/v1/clusters/${session.name || "…"}</code></p>
      ${told(session, findings, "f-metadata-name-told")}
    </div>`;
  }

  /** What this profile must not have, and has. */
  private unneeded(path: readonly string[], label: string): TemplateResult | typeof nothing {
    const there = textAt(this.session.verdict?.shown?.resource, path);
    return there === undefined ? nothing : field(this.session, this.drafts, { path, label });
  }

  private kind(say: Words, profile: Profile | undefined) {
    const { session } = this;
    const findings = ["usage", "clusterType", "workerType", "clusterKind"].flatMap((name) => session.at(["spec", name]));
    return html`
      <div role="radiogroup" aria-label=${say.kindTitle} class="profiles" aria-describedby=${findings.length > 0 ? "kind-told" : nothing}>
        ${session.tables!.profiles.map((one) => html`
          <label class="profile">
            <input type="radio" name="profile" value=${one.name} .checked=${one.name === profile?.name} ?disabled=${session.verdict?.shown?.readable === false}
              @change=${() => this.become(one)}>
            <span><b>${say.profile[one.name]?.[0] ?? one.name}</b><small>${say.profile[one.name]?.[1] ?? ""}</small></span>
          </label>`)}
      </div>
      ${told(session, findings, "kind-told")}
      <p class="why">${profile ? say.row(say.profile[profile.name]?.[0] ?? profile.name, profile.slots.map((slot) => say.slot[slot]?.[0] ?? slot)) : say.noProfile}</p>`;
  }

  private become(profile: Profile) {
    const set = (name: string, value: string | undefined): Change => ({ path: ["spec", name], ...(value === undefined ? {} : { value }) });
    const { resource } = this.session.verdict!.shown!;
    const changes = [set("clusterType", profile.clusterType), set("usage", profile.usage)];
    // What is not there need not go.
    for (const [name, value] of [["workerType", profile.workerType], ["hostCluster", profile.clusterType === "virtual" ? textAt(resource, ["spec", "hostCluster"]) : undefined]] as const) {
      if (value !== undefined || textAt(resource, ["spec", name]) !== undefined) changes.push(set(name, value));
    }
    this.drafts.clear();
    this.session.change(...changes);
  }
}

customElements.define("cluster-form", ClusterForm);
