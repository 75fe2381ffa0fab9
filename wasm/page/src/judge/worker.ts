/** The core, in a thread of its own: the page never waits for it. */

import load, { Checker, loadChinese } from "@clearance/wasm/dist/core/clearance.js";
import module from "@clearance/wasm/dist/core/clearance_bg.wasm?url";

import type { Question as Asking } from "@clearance/wasm/dist/guest.js";
import type * as told from "@clearance/wasm/dist/types.js";
import { Fleet } from "./fleet";
import { Policies } from "./policies";
import type {
  Change, Edit, Finding, FleetFile, FormName, Json, KubeconfigFacts, Language, Path, Question, Shown, Tables, Tasks, Verdict,
} from "./protocol";
import { MOST } from "./protocol";

type Raw = { core: told.Core; components: Tables["components"]; profiles: Tables["profiles"] };
type Looked = { resource: Json; port?: string; kubeconfig: boolean; readable: boolean };
type Seen = Omit<KubeconfigFacts, "findings"> & { findings: told.Finding[] };

class Desk implements Doing {
  private fleet = new Fleet(policies);
  private turn: Promise<unknown> = Promise.resolve();

  private get checker(): Checker {
    return this.fleet.checker;
  }

  tables(): Tables {
    const { core, components, profiles } = JSON.parse(this.checker.tables()) as Raw;
    return { version: core.version, rules: core.hash, components, profiles };
  }

  async schema(): Promise<Json> {
    const { default: schema } = await import("@clearance/wasm/dist/schema/resource.json");
    return schema;
  }

  /** What takes policies' time is done one after the other. */
  private inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    const done = this.turn.then(task);
    this.turn = done.catch(() => undefined);
    return done;
  }

  /** Judges, and asks policies what the core leaves as questions; then it judges again. */
  private async judge(text: string, request: string): Promise<told.Verdict> {
    for (;;) {
      const verdict = this.checker.check(text, request);
      const questions = JSON.parse(this.checker.questions()) as Asking[];
      if (questions.length === 0) return JSON.parse(verdict) as told.Verdict;
      try {
        for (const question of questions) {
          const { kind, text = "", more = "", a = 0, b = 0 } = await policies.ask(question);
          this.checker.hear(question.id, kind, text, more, a, b);
        }
      } catch (error) {
        policies.drop(error);
        this.fleet.obey();
      }
    }
  }

  /** Whether other policies hold by now is looked after while nobody waits. */
  private async follow(): Promise<void> {
    const loaded = await policies.look();
    if (!loaded) return;
    await this.inTurn(() => {
      policies.take(loaded);
      this.fleet.obey();
    });
    postMessage("changed");
  }

  check(question: Question): Promise<Verdict> {
    void this.follow();
    return this.inTurn(() => this.whole(question));
  }

  private async whole(question: Question): Promise<Verdict> {
    const { text } = question;
    const { count, unasked } = policies;
    // Before anything is written, nothing is missing.
    if (text.trim() === "") return { documents: 0, active: 0, findings: [], omitted: 0, errors: 0, warnings: 0, policies: count, unasked };
    const verdict = await this.judge(text, request(question));
    const clusters = verdict.documents.map((document, index) => ({ document, index })).filter(({ document }) => document.form !== undefined);
    const active = clusters.find(({ index }) => index === question.active) ?? clusters[0];
    const numbers = verdict.documents.map(({ document }) => document ?? 1);
    // The form needs all of the document that it shows.
    const isTold = (finding: told.Finding, index: number) => index < MOST || (active !== undefined && (finding.document ?? 1) === numbers[active.index]);
    const findings = verdict.findings.filter(isTold).map((finding) => findingOf(finding, Math.max(0, numbers.indexOf(finding.document ?? 1))));
    return {
      documents: verdict.documents.length,
      active: active?.index ?? 0,
      findings,
      omitted: verdict.summary.omitted + verdict.findings.length - findings.length,
      errors: verdict.summary.errors,
      warnings: verdict.summary.warnings,
      policies: policies.count,
      unasked: policies.unasked,
      ...(active ? { shown: this.shown(question, active.document, active.index) } : {}),
    };
  }

  private shown(question: Question, document: told.Described, index: number): Shown {
    const looked = JSON.parse(this.checker.look(question.text, request(question), index)) as Looked;
    return {
      from: document.range.start.offset,
      to: document.range.end.offset,
      form: document.form!,
      name: document.name ?? "",
      resource: looked.resource,
      hasKubeconfig: looked.kubeconfig,
      readable: looked.readable,
      fill: document.fill.operations.map(({ pointer, value }) => ({ path: pathOf(pointer), ...(value === undefined ? {} : { value: String(value) }) })),
      fillEdits: document.fill.edits.map(editOf),
      ...(looked.port === undefined ? {} : { port: looked.port }),
    };
  }

  edits(question: Question, changes: readonly Change[]): readonly Edit[] | undefined {
    const edits = JSON.parse(this.checker.edits(question.text, request(question), question.active, JSON.stringify(changes))) as told.Edit[] | null;
    return edits?.map(editOf);
  }

  convert(question: Question, form: FormName, kubeconfig: string | undefined): string {
    const text = this.checker.convert(question.text, request(question), question.active, form, kubeconfig && encoded(kubeconfig));
    return form === "request" ? `${JSON.stringify(JSON.parse(text), null, 2)}\n` : text;
  }

  withoutSecrets(text: string, file: string): string | undefined {
    return Checker.withoutSecrets(text, file);
  }

  async explain(rule: string, language: Language): Promise<string> {
    void language;
    const { pages } = await import("@clearance/wasm/dist/pages.js");
    return pages[rule] ?? "";
  }

  kubeconfig(text: string, question: Question): KubeconfigFacts {
    const seen = JSON.parse(this.checker.kubeconfig(text, question.text, request(question), question.active)) as Seen;
    return { ...seen, findings: seen.findings.map((finding) => ({ ...findingOf(finding, question.active), from: 0, to: 0 })) };
  }

  fleetClear(): Promise<void> {
    return this.inTurn(() => {
      this.checker.free();
      this.fleet = new Fleet(policies);
    });
  }

  fleetAdd(files: readonly FleetFile[]): void {
    this.fleet.add(files);
  }

  fleetView(complete: boolean | undefined, language: Language) {
    return this.inTurn(() => {
      this.fleet.judge(complete ?? this.fleet.trouble === undefined);
      return this.fleet.view((text, file) => this.judge(text, request({ text: "", name: "", file, language, active: 0, deletion: false })));
    });
  }

  fleetText(path: string): string | undefined {
    return this.fleet.text(path);
  }

  freePort(question: Question, from: number): number | undefined {
    return this.checker.freePort(question.text, request(question), question.active, from);
  }
}

/** The tasks, of which some take their time. */
type Doing = { [Name in keyof Tasks]: (...args: Parameters<Tasks[Name]>) => ReturnType<Tasks[Name]> | Promise<ReturnType<Tasks[Name]>> };

function request(question: Question): string {
  const { name, file, language, old, deletion } = question;
  return JSON.stringify({
    lang: spoken ? language : "en",
    now: Math.floor(Date.now() / 1000),
    ...(file ? { fileName: file } : {}),
    ...(name ? { name } : {}),
    ...(deletion ? { operation: "delete" } : old === undefined ? {} : { old, operation: "update" }),
  });
}

function findingOf(finding: told.Finding, document: number): Finding {
  return {
    rule: finding.rule,
    severity: finding.severity,
    message: finding.message,
    document,
    from: finding.range.start.offset,
    to: finding.range.end.offset,
    related: finding.related.map(({ message, file, path, range }) => ({ message, ...(range === undefined ? {} : { from: range.start.offset }), ...(file === undefined ? {} : { file }), ...(path === undefined ? {} : { path }) })),
    fixes: finding.changes.map(({ title, applicability, edits }) => ({ title, safe: applicability === "safe", edits: edits.map(editOf) })),
    unchanged: finding.unchanged,
    ...(finding.help === undefined ? {} : { help: finding.help }),
    ...(finding.pointer === undefined ? {} : { path: pathOf(finding.pointer) }),
    ...(finding.display === undefined ? {} : { display: finding.display }),
    ...(finding.within === undefined ? {} : { within: `${finding.within.path}:${finding.within.line}` }),
  };
}

function editOf(edit: told.Edit): Edit {
  return { from: edit.range.start.offset, to: edit.range.end.offset, insert: edit.text };
}

/** A JSON Pointer (RFC 6901) as a path. A number is a position: no field of a cluster has a number as its key. */
function pathOf(pointer: string): Path {
  return pointer.split("/").slice(1).map((step) => {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    return /^\d+$/.test(key) ? Number(key) : key;
  });
}

/** A request carries a kubeconfig in Base64. */
function encoded(kubeconfig: string): string {
  if (/^[A-Za-z0-9+/=\s]+$/.test(kubeconfig)) return kubeconfig.replaceAll(/\s/g, "");
  let binary = "";
  for (const byte of new TextEncoder().encode(kubeconfig)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

type Asked = { id: number; task: keyof Tasks; args: never[] };

const policies = new Policies();

const ready = Promise.all([load({ module_or_path: new URL(module, import.meta.url) }), policies.look()]).then(([, loaded]) => {
  if (loaded) policies.take(loaded);
  return new Desk();
});
ready.catch((error: unknown) => postMessage({ broken: String(error) }));

/** What tasks wait for, in their order. */
let there = ready;
/** Whether the sentences in Chinese are there: they are loaded with the first task that asks for them. */
let spoken = false;

async function chinese(before: Promise<Desk>): Promise<Desk> {
  // Where they cannot be loaded it is told in English, and they are asked for once more.
  const loading = import("@clearance/wasm/dist/chinese.js").catch(() => undefined);
  const desk = await before;
  const loaded = await loading;
  if (loaded) {
    loadChinese(loaded.chinese);
    spoken = true;
  }
  return desk;
}

function isChinese(argument: Language | { language?: Language } | undefined): boolean {
  return argument === "zh" || (typeof argument === "object" && argument.language === "zh");
}

self.onmessage = async ({ data: { id, task, args } }: MessageEvent<Asked>) => {
  try {
    if (!spoken && args.some(isChinese)) there = chinese(there);
    const desk = await there;
    postMessage({ id, value: await (desk[task] as (...args: never[]) => unknown)(...args) });
  } catch (error) {
    postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
};
