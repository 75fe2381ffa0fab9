/** What may be written at a place of the text: fields, values of enumerations, components, hosts, free ports. */

import type { Completion, CompletionContext, CompletionResult, CompletionSource } from "@codemirror/autocomplete";

import type { FormName, Json } from "../judge/protocol";
import type { Session } from "../state/session";
import { where, type Where } from "./where";

type Schema = { readonly [key: string]: Json };

export function complete(session: Session): CompletionSource {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const place = where(context.state.doc.sliceString(0, context.pos), context.pos);
    if (!context.explicit && context.pos === place.from && place.key === undefined) return null;
    const form = session.verdict?.shown?.form ?? "resource";
    const schema = await session.schema();
    const options = place.key === undefined ? fields(session, schema, form, place) : await values(session, schema, form, place, place.key);
    return options.length > 0 ? { from: place.from, options, validFor: /^[\w.:/$-]*$/ } : null;
  };
}

/** Below `spec` of a property file and in a request lie the fields of the resource's `spec`. */
function canonical(form: FormName, path: readonly string[]): string[] {
  const camel = path.map((key) => (form === "request" ? key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : key));
  return form === "request" ? ["spec", ...camel] : camel;
}

function fields(session: Session, schema: Json, form: FormName, place: Where): Completion[] {
  const json = form === "request";
  const path = canonical(form, place.path);
  const inAdditions = path[path.length - 1] === "additions";
  const names: [string, string][] = inAdditions
    ? additions(session, path[2] ?? "").map((addition) => [addition.name, addition.kind])
    : Object.entries(propertiesAt(schema, path)).map(([name, field]) => [name, about(field)]);
  if (path.join(".") === "spec.reservedNamespacesAllowedProducts") {
    names.push(...(session.tables?.components ?? []).map((component): [string, string] => [component.namespace, component.name]));
  }
  if (form !== "resource" && path.length === 1) names.push(["kubeconfig", "Base64"], ["vcluster", ""], ...(form === "property" ? [["name", ""] as [string, string]] : []));
  const written = (name: string) => (json && !inAdditions ? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : name);
  return names.map(([name, info]) => ({
    label: written(name),
    type: "property",
    ...(info ? { info } : {}),
    apply: json ? (place.quoted ? written(name) : `"${written(name)}": `) : `${written(name)}: `,
  }));
}

async function values(session: Session, schema: Json, form: FormName, place: Where, written: string): Promise<Completion[]> {
  const json = form === "request" && !place.quoted;
  const path = canonical(form, [...place.path, written]);
  const key = path[path.length - 1]!;
  const slot = path[1] === "componentsList" ? path[2] ?? "" : "";
  const words: Completion[] = [];
  const say = (label: string, detail = "", text = false) =>
    words.push({ label, type: "enum", ...(detail ? { detail } : {}), apply: json || (text && !place.quoted) ? `"${label}"` : label });
  for (const choice of choices(propertiesAt(schema, path.slice(0, -1))[key])) say(choice);
  if (slot && key === "name") for (const component of inSlot(session, slot)) say(component.name, component.namespace);
  if (slot && key === "namespace") for (const component of inSlot(session, slot)) say(component.namespace, component.name);
  if (key === "hostCluster") for (const host of session.fleet?.hosts ?? []) say(host);
  if (/NodePort$|nodePort$/.test(key)) {
    const port = await session.freePort(key === "httpsNodePort" && slot ? 30443 : slot ? 30080 : 31443);
    if (port !== undefined) say(String(port), "", true);
  }
  const filled = session.verdict?.shown?.fill.find((fill) => fill.path.join(".") === path.join("."))?.value;
  if (filled !== undefined && !words.some((word) => word.label === filled)) say(filled, "", /^\d+$/.test(filled));
  return words;
}

function inSlot(session: Session, slot: string) {
  return (session.tables?.components ?? []).filter((component) => component.slot === slot);
}

function additions(session: Session, slot: string) {
  return inSlot(session, slot).flatMap((component) => component.additions);
}

/** The fields of the schema below a path. The schema holds everything in its place: nothing is referred to. */
function propertiesAt(schema: Json, path: readonly string[]): Schema {
  let at: Json | undefined = schema;
  for (const key of path) at = asSchema(asSchema(at).properties)[key];
  return asSchema(asSchema(at).properties);
}

function asSchema(value: Json | undefined): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

function about(schema: Json | undefined): string {
  const text = asSchema(schema).description;
  return typeof text === "string" ? text : "";
}

function choices(schema: Json | undefined): string[] {
  const words = asSchema(schema).enum;
  return Array.isArray(words) ? words.filter((word): word is string => typeof word === "string" && word !== "") : [];
}
