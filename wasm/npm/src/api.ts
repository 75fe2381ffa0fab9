// The functions of the package. They need the module to be there: `init` and `initSync` see to that.

import * as core from "./core/clearance.js";
import { bounded, run, type Question } from "./guest.js";
import type { Added, Edit, Json, Rule, Severity, Verdict } from "./types.js";

export type * from "./types.js";
export { version } from "./version.js";

/** What holds for all texts that are judged together. */
export interface Settings {
  /** A catalogue that adds to the built-in one: its text, and what it is called where it is told of. */
  catalog?: string | { text: string; file?: string };
  /** What else exists: a snapshot's text, or the texts of files. */
  fleet?: string | readonly FleetText[];
  /**
   * Whether what is not in the fleet does not exist. If it is not said: as soon as there is a fleet and all
   * of it could be read.
   */
  complete?: boolean;
  /** The weight of rules by their names. */
  severities?: Readonly<Record<string, Severity | "off">>;
  /** Findings that are taken as they are, each with a reason. */
  suppressions?: readonly Suppression[];
  /** How many findings a document's verdict holds at most: 100. */
  limit?: number;
  /** An organisation's own policies. */
  policies?: Policies;
}

/** An organisation's own policies, as `clearance serve` hands them on beside its page. */
export interface Policies {
  /** What stands in `policies.json` there. */
  list: string;
  /** The modules by their digests: what stands in `policies/<digest>.wasm`. */
  modules: Readonly<Record<string, Uint8Array>>;
}

/** A text of the fleet, and the file that it is from, for those who are told of a clash. */
export interface FleetText {
  text: string;
  file?: string;
}

/** A finding that is taken as it is. */
export interface Suppression {
  rule: string;
  /** The path in the resource that it is taken at, and below; everywhere if not said. */
  path?: string;
  reason: string;
}

/** What is asked about one text. */
export interface Request {
  /** What the text is called: its ending tells JSON from YAML, and in a tenant repository its path names the cluster. */
  fileName?: string;
  /** The cluster's name, as a request has it in its URL. */
  name?: string;
  /** The text before an update. */
  old?: string;
  /** What happens: `update` where there is an old text, `create` otherwise. */
  operation?: "create" | "update" | "delete";
  /** The time, in milliseconds since 1970: now. */
  now?: number | Date;
  /** The language of sentences: `en`. Chinese must have been loaded: `loadLanguage`. */
  lang?: "en" | "zh";
}

/** What `check` takes: all of it together. */
export type Options = Settings & Request;

/** A text, or bytes that may be one. */
export type Text = string | Uint8Array;

/** What a text may have in bytes; longer ones are told and not read. */
const longest = 8 << 20;

/**
 * Rules, settings and a fleet, held for many texts: each check takes as long as its text is, however large
 * the fleet is. It holds memory of the module's: `free` it when it is no longer used.
 *
 * Policies run here and now, within their memory but not within their time, which nobody can stop in the same
 * thread: where they are not your own, use a worker and end it.
 */
export class Checker {
  readonly #handle: core.Checker;
  /** A policy's module by its place, with the memory that it may have. */
  readonly #modules: { readonly module: WebAssembly.Module | undefined; readonly memory: number }[] = [];

  constructor(settings: Settings = {}) {
    const { fleet, catalog, policies, ...rest } = object(settings);
    const named = typeof catalog === "object" && catalog !== null ? { catalog: catalog.text, catalogName: catalog.file } : { catalog };
    const told = JSON.stringify({ ...rest, ...named });
    this.#handle = asked(() => new core.Checker(told));
    try {
      for (const { text, file } of texts(fleet)) {
        this.add(text, file);
      }
      if (policies) {
        this.#obey(policies);
      }
    } catch (error) {
      this.free();
      throw error;
    }
  }

  /** Adds what a text holds to the fleet; of a file that was added before, in the place of what it held. */
  add(text: string, file?: string): Added {
    return JSON.parse(this.#handle.add(string(text, "the text"), file)) as Added;
  }

  /** Takes out of the fleet what came from a file; returns whether there was anything. */
  remove(file: string): boolean {
    return this.#handle.remove(string(file, "the file"));
  }

  /** Judges a text: JSON or YAML, one document or several. */
  check(text: Text, request: Request = {}): Verdict {
    return this.#check(text, object(request), false);
  }

  /**
   * Judges a value, as a form has it. Places in the text are those of `JSON.stringify(value)`; a form uses
   * the findings' `field`.
   */
  checkValues(value: unknown, request: Request = {}): Verdict {
    return this.#check(json(value), { fileName: "values.json", ...request }, false);
  }

  /** The text with everything filled in that is missing. */
  fill(text: string, request: Request = {}): string {
    const verdict = this.check(text, request);
    return apply(text, { edits: verdict.documents.flatMap((document) => document.fill.edits) });
  }

  /** The value with everything filled in that is missing. */
  fillValues<T>(value: T, request: Request = {}): T {
    return JSON.parse(this.fill(json(value), { fileName: "values.json", ...request })) as T;
  }

  /** The resources that a text describes, with everything filled in; one for each document. */
  resources(text: Text, request: Request = {}): Json[] {
    const { documents } = this.#check(text, request, true);
    return documents.flatMap(({ resource }) => (resource === undefined ? [] : [resource]));
  }

  /** Gives the memory back. */
  free(): void {
    this.#handle.free();
  }

  #check(text: Text, { now = Date.now(), ...rest }: Request, resource: boolean): Verdict {
    const time = Number(now);
    if (!Number.isFinite(time)) {
      throw new TypeError("`options.now` is no time: it takes milliseconds since 1970, or a Date");
    }
    const request = JSON.stringify({ ...rest, now: Math.floor(time / 1000), resource });
    // Of what is too long no more is taken over than it takes to say so.
    const taken = text instanceof Uint8Array ? text.subarray(0, longest + 1) : string(text, "the text").slice(0, longest + 1);
    for (;;) {
      const verdict = taken instanceof Uint8Array ? this.#handle.checkBytes(taken, request) : this.#handle.check(taken, request);
      const questions = JSON.parse(this.#handle.questions()) as Question[];
      if (questions.length === 0) {
        return JSON.parse(verdict) as Verdict;
      }
      questions.forEach((question) => this.#ask(question));
    }
  }

  #obey({ list, modules }: Policies): void {
    this.#handle.setPolicies(string(list, "`options.policies.list`"));
    const { policies } = JSON.parse(list) as { policies: { name: string; module: string | null; memory: number }[] };
    for (const { name, module: digest, memory } of policies) {
      const bytes = digest === null ? undefined : modules[digest];
      if (digest !== null && bytes === undefined) {
        throw new TypeError(`\`options.policies.modules\` lacks the module of \`${name}\`, ${digest}`);
      }
      const kept = bytes && bounded(new Uint8Array(bytes), memory);
      this.#modules.push({ module: kept && new WebAssembly.Module(kept), memory });
    }
  }

  #ask(question: Question): void {
    const { module, memory } = this.#modules[question.policy]!;
    const { kind, text = "", more = "", a = 0, b = 0 } = module ? run(module, memory, question) : { kind: "memory" };
    this.#handle.hear(question.id, kind, text, more, a, b);
  }
}

/** Judges a text: JSON or YAML, one document or several. For many texts with one fleet, use a `Checker`. */
export function check(text: Text, options: Options = {}): Verdict {
  return once(options, (checker, request) => checker.check(text, request));
}

/** Judges a value, as a form has it. */
export function checkValues(value: unknown, options: Options = {}): Verdict {
  return once(options, (checker, request) => checker.checkValues(value, request));
}

/** The text with everything filled in that is missing. */
export function fill(text: string, options: Options = {}): string {
  return once(options, (checker, request) => checker.fill(text, request));
}

/** The value with everything filled in that is missing. */
export function fillValues<T>(value: T, options: Options = {}): T {
  return once(options, (checker, request) => checker.fillValues(value, request));
}

/** The resources that a text describes, with everything filled in; one for each document. */
export function resources(text: Text, options: Options = {}): Json[] {
  return once(options, (checker, request) => checker.resources(text, request));
}

/** Makes a change of a finding, or a filling: anything that has edits. */
export function apply(text: string, change: { readonly edits: readonly Edit[] }): string {
  let applied = "";
  let at = 0;
  // Sorted, and of those at one place in the order given.
  for (const { range, text: piece } of [...change.edits].sort((a, b) => a.range.start.offset - b.range.start.offset)) {
    if (range.start.offset < at || range.end.offset > text.length) {
      throw new RangeError("the change was made for another text");
    }
    applied += text.slice(at, range.start.offset) + piece;
    at = range.end.offset;
  }
  return applied + text.slice(at);
}

/** Makes a change that was offered for a value. */
export function applyValues<T>(value: T, change: { readonly edits: readonly Edit[] }): T {
  return JSON.parse(apply(json(value), change)) as T;
}

/** Loads the sentences of a language, for all that is asked from then on: those in Chinese are no part of the module. */
export async function loadLanguage(lang: "en" | "zh"): Promise<void> {
  if (lang === "zh") {
    const { chinese } = await import("./chinese.js");
    asked(() => core.loadChinese(chinese));
  }
}

/** All rules, with their headlines in a language. */
export function rules(lang: "en" | "zh" = "en"): Rule[] {
  return JSON.parse(asked(() => core.rules(lang))) as Rule[];
}

/** What the module answers. Before it is there, its bindings fail with a `TypeError` that says nothing of the reason. */
function asked<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (error instanceof TypeError) {
      throw new Error("the module is not loaded: await `init()`, or call `initSync()`, before anything else", { cause: error });
    }
    throw error;
  }
}

/** The page of a rule, in Markdown; nothing for a rule that is not known. The pages are loaded when they are first asked for. */
export async function explain(rule: string): Promise<string | undefined> {
  const { pages } = await import("./pages.js");
  return Object.hasOwn(pages, rule) ? pages[rule] : undefined;
}

/** The JSON Schema (draft 7) of a form. The schemas are loaded when they are first asked for. */
export async function schema(form: "resource" | "request" | "property" = "resource"): Promise<Json> {
  const { schemas } = await import("./schemas.js");
  return schemas[form] as Json;
}

/** What is used where nothing is set. */
let plain: Checker | undefined;

/** Makes a checker for one use. */
function once<T>(options: Options, use: (checker: Checker, request: Request) => T): T {
  const { catalog, fleet, complete, severities, suppressions, limit, policies, ...request } = object(options);
  const all = { catalog, fleet, complete, severities, suppressions, limit, policies };
  if (Object.values(all).every((value) => value === undefined)) {
    plain ??= new Checker();
    return use(plain, request);
  }
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Settings;
  const checker = new Checker(given);
  try {
    return use(checker, request);
  } finally {
    checker.free();
  }
}

function object<T>(options: T): T {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError("the options are no object");
  }
  return options;
}

function string(value: unknown, what: string): string {
  if (typeof value !== "string") {
    throw new TypeError(`${what} is no string`);
  }
  return value;
}

function texts(fleet: Settings["fleet"]): readonly FleetText[] {
  if (fleet === undefined || typeof fleet === "string") {
    return fleet === undefined ? [] : [{ text: fleet }];
  }
  if (!Array.isArray(fleet) || fleet.some((item) => typeof item?.text !== "string")) {
    throw new TypeError("`options.fleet` takes a text, or a list of `{text, file}`");
  }
  return fleet as readonly FleetText[];
}

function json(value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) {
    throw new TypeError("the value has no JSON");
  }
  return text;
}
