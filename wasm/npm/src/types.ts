// Made from Rust's types by `cargo xtask codegen`.

/** How much a finding weighs. */
export type Severity = "error" | "warning" | "info";

/** A written form of a cluster. */
export type Form = "resource" | "request" | "property";

/** How a text is written. */
export type Format = "json" | "yaml";

/** Whatever JSON holds. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * All that a check says of a text.
 */
export type Verdict = { 
/**
 * The version of this shape: 1.
 */
version: number, 
/**
 * Which core gave the verdict, and by which rules.
 */
core: Core, 
/**
 * The findings, by document and then in the verdict's order.
 */
findings: Array<Finding>, 
/**
 * The documents that were judged.
 */
documents: Array<Described>, 
/**
 * How much there was.
 */
summary: Summary, 
/**
 * What was known of other clusters.
 */
fleet: Known, };

/**
 * One finding. Its places are counted in UTF-16 code units, as JavaScript counts.
 */
export type Finding = { 
/**
 * The place in the document as it is written, as a JSON Pointer: in a request that of the
 * request's own field. Absent for a fault of the text, and where this form has no place for it.
 */
field?: string, 
/**
 * The name of the rule that says it.
 */
rule: string, 
/**
 * `error`, `warning` or `info`.
 */
severity: Severity, 
/**
 * What is wrong, in one line.
 */
message: string, 
/**
 * Why, and what to do.
 */
help?: string, 
/**
 * The file.
 */
file: string, 
/**
 * Which document of the file, from 1; absent where the file holds only one.
 */
document?: number, 
/**
 * The path in the resource, as Kubernetes writes it; absent for a fault of the text.
 */
path?: string, 
/**
 * The same path as a JSON Pointer.
 */
pointer?: string, 
/**
 * The path in the words of the form that the document is written in.
 */
display?: string, 
/**
 * The text under it; for what is missing, the key that it is missing below.
 */
range: Range, 
/**
 * Where inside the decoded field, for a finding in a kubeconfig.
 */
within?: Within, 
/**
 * Other parties to it.
 */
related: Array<Related>, 
/**
 * Ways to mend it, the best first.
 */
changes: Array<Change>, 
/**
 * Whether an update found it there already, unchanged.
 */
unchanged: boolean, 
/**
 * The address of the rule's page, relative to the documentation's root.
 */
docs: string, };

/**
 * A document that was judged.
 */
export type Described = { 
/**
 * Which one of the text, from 1; absent where the text holds only one.
 */
document?: number, 
/**
 * The form that it is written in; absent where it describes no cluster.
 */
form?: Form, 
/**
 * How it is written.
 */
format: Format, 
/**
 * The cluster's name.
 */
name?: string, 
/**
 * Its row in the table of profiles, such as `physical-worker-pipeline`; absent where it is of none.
 */
profile?: string, 
/**
 * The host cluster that it names; absent where it names none.
 */
host?: string, 
/**
 * The part of the text that it takes.
 */
range: Range, 
/**
 * What would be filled in.
 */
fill: Fill, 
/**
 * The resource with everything filled in, where it was asked for. It holds what the text holds,
 * credentials included.
 */
resource?: Json, };

/**
 * What would be filled in.
 */
export type Fill = { 
/**
 * The edits that write it into the text; none where the text is broken, or where it would go
 * through an alias.
 */
edits: Array<Edit>, 
/**
 * The same, one value each.
 */
operations: Array<Filling>, };

/**
 * One value that would be filled in, or one `null` that would go.
 */
export type Filling = { 
/**
 * `insert` or `remove`.
 */
op: OperationKind, 
/**
 * Where in the resource, as a JSON Pointer.
 */
pointer: string, 
/**
 * Where in the document as it is written, as a JSON Pointer.
 */
field?: string, 
/**
 * The same place in the words of the form that the document is written in.
 */
display: string, 
/**
 * The value.
 */
value?: Json, };

/**
 * How much there was.
 */
export type Summary = { 
/**
 * Errors, omitted ones included.
 */
errors: number, 
/**
 * Warnings, omitted ones included.
 */
warnings: number, 
/**
 * Findings that are only good to know.
 */
infos: number, 
/**
 * Findings that are counted and not listed: a document's verdict holds a bounded number.
 */
omitted: number, };

/**
 * What was known of other clusters.
 */
export type Known = { 
/**
 * Clusters.
 */
clusters: number, 
/**
 * What refers to clusters.
 */
referrers: number, 
/**
 * Whether what is not there does not exist.
 */
complete: boolean, 
/**
 * What could not be read of it.
 */
troubles: Array<Trouble>, };

/**
 * A text of the fleet that could not be read.
 */
export type Trouble = { 
/**
 * Its file.
 */
file?: string, 
/**
 * What is wrong.
 */
message: string, };

/**
 * What a text added to the fleet.
 */
export type Added = { 
/**
 * Clusters.
 */
clusters: number, 
/**
 * What refers to clusters.
 */
referrers: number, 
/**
 * Why it could not be read.
 */
trouble?: string, };

/**
 * Which core gave a verdict.
 */
export type Core = { 
/**
 * Its version.
 */
version: string, 
/**
 * A hash of rules, catalogue and settings, as 16 hexadecimal digits: equal hashes and equal
 * input give equal verdicts.
 */
hash: string, };

/**
 * A part of a text.
 */
export type Range = { 
/**
 * Its first character.
 */
start: Position, 
/**
 * The character after its last.
 */
end: Position, };

/**
 * A place in a text.
 */
export type Position = { 
/**
 * The line, from 1.
 */
line: number, 
/**
 * The column in code points, from 1; in the npm package, in UTF-16 code units.
 */
column: number, 
/**
 * The offset in bytes, from 0; in the npm package, in UTF-16 code units.
 */
offset: number, };

/**
 * A place inside the text that a field holds in encoded form.
 */
export type Within = { 
/**
 * The path in the decoded document.
 */
path: string, 
/**
 * The line in it, from 1.
 */
line: number, 
/**
 * The column in it in code points, from 1.
 */
column: number, };

/**
 * Another party to a finding.
 */
export type Related = { 
/**
 * What it has to do with the finding.
 */
message: string, 
/**
 * Its file, if it came from one.
 */
file?: string, 
/**
 * The path in its resource.
 */
path?: string, 
/**
 * The text under it, where its file could be read.
 */
range?: Range, };

/**
 * One way to mend a finding: what it holds goes together.
 */
export type Change = { 
/**
 * What it does, as on a button.
 */
title: string, 
/**
 * `safe`: it may be made without asking; `unsafe`: it needs a decision.
 */
applicability: "safe" | "unsafe", 
/**
 * Edits of the text, sorted; empty where the change cannot be made in this text, or would
 * repeat a credential.
 */
edits: Array<Edit>, 
/**
 * The same as changes to the resource; none for a fault of the text.
 */
operations: Array<Operation>, };

/**
 * Replaces a part of the text.
 */
export type Edit = { 
/**
 * What is replaced; empty for an insertion.
 */
range: Range, 
/**
 * What comes in its place.
 */
text: string, };

/**
 * One change to the resource.
 */
export type Operation = { 
/**
 * What is done.
 */
op: OperationKind, 
/**
 * Where, as a JSON Pointer.
 */
pointer: string, 
/**
 * The value that is set or inserted.
 */
value?: Json, 
/**
 * The key's new name.
 */
to?: string, 
/**
 * Which one of a key that is given several times, from 0; the last one if absent.
 */
occurrence?: number, };

/**
 * The kinds of change.
 */
export type OperationKind = "set" | "insert" | "remove" | "rename";

/**
 * A rule, in the list of all of them.
 */
export type Rule = { 
/**
 * Its name.
 */
name: string, 
/**
 * The group that it belongs to.
 */
group: string, 
/**
 * Its weight, if the settings say nothing else.
 */
severity: Severity, 
/**
 * `preview`, `stable`, `deprecated` or `removed`.
 */
status: string, 
/**
 * The version since when.
 */
since: string, 
/**
 * What it says, in a few words.
 */
headline: string, 
/**
 * Whether it offers a change where one can be made.
 */
fixable: boolean, 
/**
 * The address of its page, relative to the documentation's root.
 */
docs: string, };
