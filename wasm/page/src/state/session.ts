/** What the page knows: the text, what was said of it, and what is open. The text is the one source;
 * the form shows what the text says, and what it changes it changes in the text. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { Judge, Latest } from "../judge/client";
import type {
  Change, Edit, Finding, Fix, FleetView, FormName, Json, KubeconfigFacts, Language, Path, Question, Tables, Verdict,
} from "../judge/protocol";

/** A text that takes edits: the editor. */
export interface Surface {
  replace(text: string): void;
  edit(edits: readonly Edit[]): void;
  show(from: number, to: number): void;
}

export type Panel = "problems" | "filled" | "fleet" | "rule";
export type Theme = "auto" | "light" | "dark";

/** The longest text that is taken: as long as the core reads. */
export const LONGEST = 8 << 20;

export class Session {
  text = "";
  /** What the text was opened as; nothing for one that was written here. */
  file = "";
  name = "";
  active = 0;
  old: string | undefined;
  deletion = false;
  /** Held in memory alone: never saved, never in a link. */
  kubeconfig: string | undefined;
  facts: KubeconfigFacts | undefined;
  language: Language = "en";
  theme: Theme = "auto";
  tables: Tables | undefined;
  verdict: Verdict | undefined;
  fleet: FleetView | undefined;
  panel: Panel = "problems";
  rule: string | undefined;
  rulePage = "";
  /** A sentence about what was just done or could not be. */
  notice = "";
  broken = "";
  started = false;
  /** How many texts were put in place of others: what was being typed into one is not typed into the next. */
  opened = 0;
  /** Whether the text could not be kept on this machine when that was last tried. */
  unkept = false;

  private readonly judge: Judge;
  private readonly watchers = new Set<() => void>();
  private surface: Surface | undefined;
  private version = 0;
  private judged = -1;
  private waiting: (() => void)[] = [];
  private readonly checks: Latest<[]>;
  private readonly changes: Latest<[]>;
  private readonly pending = new Map<string, Change>();
  private timer = 0;

  constructor() {
    this.judge = new Judge((why) => this.update({ broken: why }), () => void this.recheck());
    this.checks = new Latest(() => this.check());
    this.changes = new Latest(() => this.makeChanges());
  }

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  update(values: Partial<Session>): void {
    Object.assign(this, values);
    for (const watcher of this.watchers) watcher();
  }

  attach(surface: Surface): void {
    this.surface = surface;
    surface.replace(this.text);
  }

  async start(): Promise<void> {
    const tables = await this.judge.ask("tables");
    this.update({ tables });
    await this.recheck();
  }

  /** The editor says that its text is another. */
  typed(text: string): void {
    this.text = text;
    this.version++;
    clearTimeout(this.timer);
    // A long text waits for a pause, so that typing stays light.
    this.timer = window.setTimeout(() => void this.checks.start(), text.length > 50_000 ? 120 : 8);
  }

  /** Puts another text in place of this one. */
  open(text: string, file: string, name = ""): boolean {
    if (text.length > LONGEST) return false;
    this.file = file;
    this.name = name;
    this.active = 0;
    this.opened++;
    // What was told was about another text, and what was dropped for it another cluster's.
    this.notice = "";
    this.kubeconfig = undefined;
    this.facts = undefined;
    this.started = true;
    const lines = withLines(text);
    this.surface?.replace(lines);
    this.typed(lines);
    this.update({});
    return true;
  }

  /** Judges again, and waits for the verdict. */
  async recheck(): Promise<void> {
    clearTimeout(this.timer);
    const heard = new Promise<void>((resolve) => this.waiting.push(resolve));
    this.judged = -1;
    await this.checks.start();
    await heard;
  }

  /** What the text is called, if that says how it is written: another may have been pasted in its place. */
  private get called(): string {
    const braces = /^\ufeff?\s*((#|\/\/).*\n\s*)*[{[]/.test(this.text);
    return braces === /\.json$/i.test(this.file) ? this.file : "";
  }

  question(): Question {
    return {
      text: this.text, name: this.name, file: this.called, language: this.language, active: this.active, deletion: this.deletion,
      ...(this.old === undefined ? {} : { old: this.old }),
    };
  }

  /** Whether the verdict is about the text as it stands. */
  get fresh(): boolean {
    return this.judged === this.version;
  }

  private async check(): Promise<void> {
    const { version, active } = this;
    try {
      let verdict = await this.judge.ask("check", this.question());
      // Only a request has its name beside it: another form that took its place holds its own.
      if (this.name && (verdict.shown?.form ?? "request") !== "request") {
        this.name = "";
        verdict = await this.judge.ask("check", this.question());
      }
      await this.lookAtKubeconfig();
      this.judged = version;
      // Another document may have been chosen meanwhile.
      this.update(active === this.active ? { verdict, active: verdict.active } : { verdict });
    } catch (error) {
      // Without a core there is no verdict; the page says so.
      this.update({ broken: error instanceof Error ? error.message : String(error) });
    }
    if (version === this.version) for (const heard of this.waiting.splice(0)) heard();
  }

  /** Changes the text as the form asks. Of several changes to one place the last counts. */
  change(...changes: readonly Change[]): void {
    for (const change of changes) {
      const key = JSON.stringify(change.path);
      this.pending.delete(key);
      this.pending.set(key, change);
    }
    void this.changes.start();
  }

  private async makeChanges(): Promise<void> {
    while (this.pending.size > 0) {
      const changes = [...this.pending.values()];
      this.pending.clear();
      const version = this.version;
      const edits = await this.judge.ask("edits", this.question(), changes);
      if (version !== this.version) {
        // The text has moved on: the same changes to what it is now.
        for (const change of changes) {
          const key = JSON.stringify(change.path);
          if (!this.pending.has(key)) this.pending.set(key, change);
        }
        continue;
      }
      if (edits) this.surface?.edit(edits);
      else this.update({ notice: "cannot-change" });
    }
  }

  /** Makes an offered fix, if the text is still the one that it was offered for. */
  async mend(fix: Fix): Promise<void> {
    if (!this.fresh) return;
    this.surface?.edit(fix.edits);
    await this.recheck();
  }

  /** Makes all fixes that could not have been meant otherwise, one after the other. */
  async mendAll(): Promise<void> {
    for (let round = 0; round < 100; round++) {
      const fix = this.verdict?.findings.flatMap((finding) => finding.fixes).find((fix) => fix.safe && fix.edits.length > 0);
      if (!fix) return;
      await this.mend(fix);
    }
  }

  async fill(): Promise<void> {
    const edits = this.verdict?.shown?.fillEdits;
    if (!edits || !this.fresh) return;
    this.surface?.edit(edits);
    await this.recheck();
  }

  /** Shows the place of a finding in the text. */
  show(finding: Finding): void {
    if (finding.document !== this.active) {
      this.active = finding.document;
      void this.checks.start();
    }
    this.surface?.show(finding.from, finding.to);
  }

  async explain(rule: string): Promise<void> {
    this.update({ panel: "rule", rule, rulePage: "" });
    this.update({ rulePage: await this.judge.ask("explain", rule, this.language) });
  }

  schema(): Promise<Json> {
    return this.judge.ask("schema");
  }

  page(rule: string): Promise<string> {
    return this.judge.ask("explain", rule, this.language);
  }

  convert(form: FormName, withKubeconfig: boolean): Promise<string> {
    return this.judge.ask("convert", this.question(), form, withKubeconfig ? this.kubeconfig : undefined);
  }

  /** A text of this session, by default the judged one, without anything secret; nothing where that cannot be made sure of. */
  withoutSecrets(text = this.text): Promise<string | undefined> {
    return this.judge.ask("withoutSecrets", text, this.called);
  }

  /** A node port that nobody has on the host cluster of the document that is shown. */
  freePort(from: number): Promise<number | undefined> {
    return this.judge.ask("freePort", this.question(), from);
  }

  /** Another one, or none, may be held by the time of the answer. */
  private async lookAtKubeconfig(): Promise<void> {
    const { kubeconfig } = this;
    if (kubeconfig === undefined) return;
    const facts = await this.judge.ask("kubeconfig", kubeconfig, this.question());
    if (kubeconfig === this.kubeconfig) this.facts = facts;
  }

  async holdKubeconfig(text: string | undefined): Promise<void> {
    this.kubeconfig = text;
    this.facts = undefined;
    await this.lookAtKubeconfig();
    this.update({});
  }

  async clearFleet(): Promise<void> {
    await this.judge.ask("fleetClear");
    this.update({ fleet: undefined });
    await this.recheck();
  }

  /** Opens a file of the fleet. What is judged takes the place of its namesake there. */
  async openFromFleet(path: string): Promise<void> {
    const text = await this.judge.ask("fleetText", path);
    if (text !== undefined) this.open(text, path);
    await this.recheck();
  }

  addToFleet(files: readonly { path: string; text: string }[]): Promise<void> {
    return this.judge.ask("fleetAdd", files);
  }

  /** Judges the fleet. What is not here does not exist, if it is `complete`; if that is not said, where all could be read. */
  async seeFleet(complete?: boolean): Promise<void> {
    this.update({ fleet: await this.judge.ask("fleetView", complete, this.language) });
    await this.recheck();
  }

  async speak(language: Language): Promise<void> {
    this.update({ language });
    if (this.rule) void this.explain(this.rule);
    if (this.fleet) this.fleet = await this.judge.ask("fleetView", this.fleet.complete, language);
    await this.recheck();
  }

  /** All that was found: in the text, and in the kubeconfig that is held beside it. */
  get findings(): readonly Finding[] {
    return [...(this.verdict?.findings ?? []), ...(this.facts?.findings ?? [])];
  }

  /** How many findings of a severity there are, those that are not shown included. */
  count(severity: "error" | "warning"): number {
    const found = severity === "error" ? this.verdict?.errors : this.verdict?.warnings;
    return (found ?? 0) + (this.facts?.findings.filter((finding) => finding.severity === severity).length ?? 0);
  }

  /** The findings at a path or below it. */
  at(path: Path, exact = false): readonly Finding[] {
    return (this.verdict?.findings ?? []).filter(
      (finding) =>
        finding.document === this.active && finding.path !== undefined
        && (exact ? finding.path.length === path.length : finding.path.length >= path.length)
        && path.every((step, index) => finding.path?.[index] === step),
    );
  }
}

/** A text with the line ends that the editor has: places are counted in it. */
export function withLines(text: string): string {
  return text.replaceAll(/\r\n?/g, "\n");
}

/** Renders an element again when the session changes. */
export class Watching implements ReactiveController {
  private stop: (() => void) | undefined;

  constructor(private readonly host: ReactiveControllerHost, private readonly session: Session) {
    host.addController(this);
  }

  hostConnected(): void {
    this.stop = this.session.watch(() => this.host.requestUpdate());
  }

  hostDisconnected(): void {
    this.stop?.();
  }
}
