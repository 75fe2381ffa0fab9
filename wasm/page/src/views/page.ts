/** The whole page. */

import { LitElement, html, nothing } from "lit";
import { property } from "lit/decorators.js";

import "../form/cluster-form";
import { openFiles } from "../state/files";
import { restore, persist } from "../state/keeping";
import { Session, Watching, type Panel } from "../state/session";
import { type Words, words } from "../words";
import { filledView } from "./filled";
import { fleetView } from "./fleet";
import { problemsView, summary } from "./problems";
import { ruleView } from "./rule";
import { startView } from "./start";
import { toolbar } from "./toolbar";

export class ClearancePage extends LitElement {
  @property({ attribute: false }) session = new Session();
  /** Which part is seen where there is room for one only. */
  @property() view: "form" | "text" | Panel = "form";
  private over = false;

  protected override createRenderRoot() {
    this.replaceChildren();
    return this;
  }

  override connectedCallback() {
    super.connectedCallback();
    new Watching(this, this.session);
    window.addEventListener("dragover", (event) => { event.preventDefault(); this.drag(true); });
    window.addEventListener("dragleave", (event) => { if (event.relatedTarget === null) this.drag(false); });
    // First of all: the box for a kubeconfig takes its file itself.
    window.addEventListener("drop", () => this.drag(false), { capture: true });
    window.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer) void openFiles(this.session, event.dataTransfer);
    });
    window.addEventListener("keydown", (event) => { if (event.key === "Escape") closeMenus(); });
    window.addEventListener("click", (event) => closeMenus(event.target as Node));
    // Other policies may hold by now.
    document.addEventListener("visibilitychange", () => { if (!document.hidden) void this.session.recheck(); });
    void this.begin();
  }

  private async begin() {
    await restore(this.session);
    persist(this.session);
    try {
      await this.session.start();
    } catch (error) {
      this.session.update({ broken: error instanceof Error ? error.message : String(error) });
    }
  }

  private drag(over: boolean) {
    if (over === this.over) return;
    this.over = over;
    this.requestUpdate();
  }

  override render() {
    const { session } = this;
    const say = words(session.language);
    // Set again, even to the same, each of them has the whole document's styles computed anew.
    const root = document.documentElement;
    const lang = session.language === "zh" ? "zh-CN" : "en";
    const title = session.file === "" ? say.title : `${session.file} · ${say.title}`;
    if (root.lang !== lang) root.lang = lang;
    if (root.dataset["theme"] !== session.theme) root.dataset["theme"] = session.theme;
    if (document.title !== title) document.title = title;
    return html`
      <a class="skip" href="#summary" @click=${(event: Event) => { event.preventDefault(); this.go("problems"); this.querySelector<HTMLElement>("#summary")?.focus(); }}>${say.skip}</a>
      ${toolbar(session)}
      ${this.notices(say)}
      <nav class="views" aria-label=${say.title}>${(["form", "text", "problems", "filled", "fleet", "rule"] as const).map((name) => html`
        <button type="button" aria-current=${this.view === name ? "true" : "false"} @click=${() => this.go(name)}>${this.heading(say, name)}</button>`)}
      </nav>
      <main data-view=${this.view} data-started=${session.started}>
        <section class="pane form" aria-label=${session.old === undefined ? say.form : say.before}>
          <h2>${session.old === undefined ? say.form : say.before}</h2>
          <div class="scroll">${session.old === undefined
            ? session.started ? html`<cluster-form .session=${session}></cluster-form>` : startView(session)
            : this.comparison(say)}</div>
        </section>
        <section class="pane text" aria-label=${say.text}>
          <h2>${say.text} <span class="file">${session.file}</span></h2>
          <text-editor .session=${session} label=${say.text}></text-editor>
        </section>
        <section class="pane panel" aria-label=${say.problems}>
          <div class="tabs">
            <div class="tablist" role="tablist" aria-label=${say.problems} @keydown=${(event: KeyboardEvent) => this.tabKey(event)}>
              ${(["problems", "filled", "fleet", "rule"] as const).map((name) => html`
                <button type="button" role="tab" id="tab-${name}" aria-controls="panel" aria-selected=${session.panel === name} tabindex=${session.panel === name ? 0 : -1}
                  @click=${() => session.update({ panel: name })}>${this.heading(say, name)}</button>`)}
            </div>
            ${summary(session, () => this.go("problems"))}
          </div>
          <div class="scroll" role="tabpanel" id="panel" tabindex="0" aria-labelledby="tab-${session.panel}">
            ${session.panel === "problems" ? problemsView(session, (path) => this.toField(path), () => (this.go("text"), this.updateComplete))
              : session.panel === "filled" ? filledView(session)
              : session.panel === "fleet" ? fleetView(session)
              : ruleView(session)}
          </div>
        </section>
      </main>
      <footer><span>${session.tables ? say.rulesVersion(session.tables.version, session.tables.rules, session.verdict?.policies ?? 0) : ""}</span>${session.unkept ? html`<span class="unkept">${say.unkept}</span>` : nothing}</footer>
      ${this.over ? html`<div class="over">${say.dropHere}</div>` : nothing}`;
  }

  private heading(say: Words, name: "form" | "text" | Panel) {
    const { verdict } = this.session;
    const count = name === "problems" ? this.session.count("error") + this.session.count("warning") : name === "filled" ? (verdict?.shown?.fill.length ?? 0) : name === "fleet" ? (this.session.fleet?.clusters ?? 0) : 0;
    return html`${say[name]}${count > 0 ? html` <span class="count">${count}</span>` : nothing}`;
  }

  private go(view: "form" | "text" | Panel) {
    this.view = view;
    if (view !== "form" && view !== "text") this.session.update({ panel: view });
  }

  private toField(path: readonly (string | number)[]) {
    this.view = "form";
    this.requestUpdate();
    void this.updateComplete.then(() => {
      // The field itself, or the nearest thing above it that the form has.
      for (let length = path.length; length > 0; length--) {
        const place = this.querySelector<HTMLElement>(`cluster-form [data-path="${CSS.escape(path.slice(0, length).join("."))}"]`);
        if (!place) continue;
        for (let above = place.closest("details"); above; above = above.parentElement?.closest("details") ?? null) above.open = true;
        const control = place.querySelector<HTMLElement>("input, select, summary, button") ?? place;
        control.focus();
        control.scrollIntoView({ block: "center" });
        return;
      }
      document.querySelector<HTMLElement>("cluster-form input")?.focus();
    });
  }

  private tabKey(event: KeyboardEvent) {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const panels: Panel[] = ["problems", "filled", "fleet", "rule"];
    const panel = panels[(panels.indexOf(this.session.panel) + step + panels.length) % panels.length]!;
    this.session.update({ panel });
    this.querySelector<HTMLElement>(`#tab-${panel}`)?.focus();
  }

  private comparison(say: Words) {
    const { session } = this;
    return html`<p class="hint">${say.beforeHint}</p>
      <label class="check"><input type="checkbox" .checked=${session.deletion} @change=${(event: Event) => { session.deletion = (event.target as HTMLInputElement).checked; void session.recheck(); }}> ${say.deletion}</label>
      <text-editor which="old" .session=${session} label=${say.before}></text-editor>`;
  }

  private notices(say: Words) {
    const { session } = this;
    return html`<div class="notices" role="alert">
      ${session.broken ? html`<p class="notice error"><b>${say.broken}</b> ${say.brokenHint} <code>${session.broken}</code> <button type="button" @click=${() => location.reload()}>${say.reload}</button></p>` : nothing}
      ${session.verdict?.unasked ? html`<p class="notice error">${say.unasked} <code>${session.verdict.unasked}</code></p>` : nothing}
      ${session.notice ? html`<p class="notice">${session.notice === "cannot-change" ? say.cannotChange : session.notice}
        <button type="button" class="quiet-button" @click=${() => session.update({ notice: "" })}>${say.dismiss}</button></p>` : nothing}
    </div>`;
  }
}

/** A menu closes when something else is used. */
function closeMenus(but?: Node) {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
    if (but && menu.contains(but)) continue;
    menu.open = false;
    if (!but) menu.querySelector("summary")?.focus();
  }
}

customElements.define("clearance-page", ClearancePage);
