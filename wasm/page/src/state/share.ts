/** A link that holds the text: compressed, in the fragment, which no browser sends to a server. */

import type { Language } from "../judge/protocol";

export interface Shared {
  readonly text: string;
  readonly file: string;
  readonly name: string;
  readonly old?: string;
  readonly deletion?: boolean;
  readonly language?: Language;
}

const MARK = "#c1=";
/** A link of more is cut by mail programs and chats. */
export const LONGEST_LINK = 30_000;
/** What a link may unpack to: a small one must not fill the memory. */
const LONGEST_TEXT = 2 << 20;

export async function link(shared: Shared): Promise<string> {
  const packed = await squeeze(new TextEncoder().encode(JSON.stringify(shared)));
  let binary = "";
  for (const byte of packed) binary += String.fromCharCode(byte);
  const word = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${location.origin}${location.pathname}${MARK}${word}`;
}

/** What a fragment holds; nothing where it is no link of ours. Fails where it is one and is broken. */
export async function unpack(fragment: string): Promise<Shared | undefined> {
  if (!fragment.startsWith(MARK)) return undefined;
  const word = fragment.slice(MARK.length).replaceAll("-", "+").replaceAll("_", "/");
  const packed = Uint8Array.from(atob(word), (letter) => letter.charCodeAt(0));
  const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(await unsqueeze(packed)));
  if (!isShared(value)) throw new Error("the link holds something else");
  return value;
}

function isShared(value: unknown): value is Shared {
  if (typeof value !== "object" || value === null) return false;
  const { text, file, name, old, deletion } = value as Record<string, unknown>;
  return typeof text === "string" && typeof file === "string" && typeof name === "string"
    && (old === undefined || typeof old === "string") && (deletion === undefined || typeof deletion === "boolean");
}

function squeeze(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return collect(new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw")), Infinity);
}

function unsqueeze(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return collect(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")), LONGEST_TEXT);
}

async function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) throw new Error("the link holds too much");
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
