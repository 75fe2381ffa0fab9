/** What the page asks its worker, and what it hears back. Ranges are in UTF-16 units, as the editor counts. */

export type Language = "en" | "zh";
export type Severity = "error" | "warning" | "info";
export type FormName = "resource" | "request" | "property";
/** A path in the resource: keys and positions. */
export type Path = readonly (string | number)[];

export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

export interface Fix {
  readonly title: string;
  readonly safe: boolean;
  readonly edits: readonly Edit[];
}

export interface Party {
  readonly message: string;
  /** Where in this text, if it stands in it. */
  readonly from?: number;
  readonly file?: string;
  readonly path?: string;
}

export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly help?: string;
  /** Which document of the text, from 0. */
  readonly document: number;
  readonly from: number;
  readonly to: number;
  /** Absent for a fault of the text. */
  readonly path?: Path;
  /** The path in the words of the form that the document is written in. */
  readonly display?: string;
  /** Where inside a kubeconfig. */
  readonly within?: string;
  readonly related: readonly Party[];
  readonly fixes: readonly Fix[];
  /** Whether it was there before an update. */
  readonly unchanged: boolean;
}

/** One value that is filled in; nothing for a `null` that goes. */
export interface Fill {
  readonly path: Path;
  readonly value?: string;
}

/** One document of the text. */
export interface Shown {
  readonly from: number;
  readonly to: number;
  readonly form: FormName;
  readonly name: string;
  /** The resource that it describes, as written. */
  readonly resource: Json;
  /** What only a request holds. */
  readonly port?: string;
  readonly hasKubeconfig: boolean;
  readonly fill: readonly Fill[];
  readonly fillEdits: readonly Edit[];
  /** Whether it could be read as a map. */
  readonly readable: boolean;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface Question {
  readonly text: string;
  /** The name in the URL, for a request. */
  readonly name: string;
  /** What the text is called; its ending tells JSON from YAML. */
  readonly file?: string;
  readonly language: Language;
  /** Which document the form shows. */
  readonly active: number;
  /** The text from before, in compare mode. */
  readonly old?: string;
  readonly deletion: boolean;
}

export interface Verdict {
  readonly documents: number;
  readonly active: number;
  /** The document that the form shows; nothing where the text describes no cluster. */
  readonly shown?: Shown;
  /** At most [`MOST`] of them; `omitted` counts the rest. */
  readonly findings: readonly Finding[];
  readonly omitted: number;
  readonly errors: number;
  readonly warnings: number;
  /** How many policies of the server hold. */
  readonly policies: number;
  /** Why there may be others that were not asked; empty where all is well. */
  readonly unasked: string;
}

/** How many findings are shown: a list of more helps nobody. */
export const MOST = 100;

export interface Component {
  readonly name: string;
  readonly slot: string;
  readonly namespace: string;
  readonly default: boolean;
  readonly additions: readonly Addition[];
}

export interface Addition {
  readonly name: string;
  readonly kind: string;
  readonly required: boolean;
  readonly default?: string;
}

export interface Profile {
  /** Such as `physical-worker-pipeline`. */
  readonly name: string;
  readonly usage: string;
  readonly clusterType: string;
  readonly workerType?: string;
  readonly slots: readonly string[];
}

export interface Field {
  readonly name: string;
  readonly request: string;
  readonly required: boolean;
  readonly about: string;
  readonly choices?: readonly string[];
  readonly fields?: readonly Field[];
}

/** What holds for every text. */
export interface Tables {
  readonly version: string;
  readonly rules: string;
  readonly components: readonly Component[];
  readonly profiles: readonly Profile[];
}

export interface KubeconfigFacts {
  readonly contexts: readonly string[];
  readonly context?: string;
  readonly server?: string;
  readonly authority?: "certificates" | "file" | "system" | "nothing";
  /** The earliest end of the client's certificate, in seconds since 1970. */
  readonly expires?: number;
  readonly findings: readonly Finding[];
}

export interface FleetFile {
  readonly path: string;
  readonly text: string;
}

export interface FleetRow {
  readonly path: string;
  readonly name: string;
  readonly profile: string;
  readonly host: string;
  readonly errors: number;
  readonly warnings: number;
}

export interface FleetView {
  readonly files: number;
  readonly clusters: number;
  readonly referrers: number;
  readonly complete: boolean;
  /** The first file that could not be read, and why. */
  readonly trouble: { readonly path: string; readonly message: string } | undefined;
  readonly rows: readonly FleetRow[];
  readonly hosts: readonly string[];
}

/** A change that a form makes: a value is set, or with none removed. */
export interface Change {
  readonly path: Path;
  readonly value?: Json;
}

/** What the worker does, by name. */
export interface Tasks {
  tables(): Tables;
  /** The JSON Schema of the resource. It is loaded when it is first asked for. */
  schema(): Json;
  check(question: Question): Verdict;
  /** The edits that make changes to the document at `active`; nothing where they cannot be made. */
  edits(question: Question, changes: readonly Change[]): readonly Edit[] | undefined;
  convert(question: Question, form: FormName, kubeconfig: string | undefined): string;
  /** The text without anything secret; nothing where that cannot be made sure of. */
  withoutSecrets(text: string, file: string): string | undefined;
  explain(rule: string, language: Language): string;
  kubeconfig(text: string, question: Question): KubeconfigFacts;
  fleetClear(): void;
  fleetAdd(files: readonly FleetFile[]): void;
  fleetView(complete: boolean | undefined, language: Language): FleetView;
  fleetText(path: string): string | undefined;
  /** A node port that nobody has on the shown cluster's host. */
  freePort(question: Question, from: number): number | undefined;
}
