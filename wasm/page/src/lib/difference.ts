/** The lines that edits change, with a few around them. */

import type { Edit } from "../judge/protocol";

export interface Line {
  readonly sign: " " | "+" | "-" | "…";
  readonly line: string;
}

const AROUND = 2;
/** A line of more is a kubeconfig or the like. */
const LONGEST = 200;

export function apply(text: string, edits: readonly Edit[]): string {
  let result = "";
  let at = 0;
  for (const edit of edits) {
    result += text.slice(at, edit.from) + edit.insert;
    at = edit.to;
  }
  return result + text.slice(at);
}

export function difference(text: string, edits: readonly Edit[]): Line[] {
  const result: Line[] = [];
  let last = 0;
  for (const group of groups(text, edits)) {
    const [from, to] = [lineStart(text, group[0]!.from), lineEnd(text, group[group.length - 1]!.to)];
    const moved = group.map((edit) => ({ from: edit.from - from, to: edit.to - from, insert: edit.insert }));
    const [old, now] = [lines(text.slice(from, to)), lines(apply(text.slice(from, to), moved))];
    const [head, tail] = [common(old, now), 0];
    let same = tail;
    while (same < Math.min(old.length, now.length) - head && old[old.length - 1 - same] === now[now.length - 1 - same]) same++;
    const before = lines(text.slice(last, from));
    if (before.length > AROUND * 2) {
      push(result, " ", last === 0 ? [] : before.slice(0, AROUND));
      result.push({ sign: "…", line: "" });
      push(result, " ", before.slice(-AROUND));
    } else push(result, " ", before);
    push(result, " ", old.slice(0, head));
    push(result, "-", old.slice(head, old.length - same));
    push(result, "+", now.slice(head, now.length - same));
    push(result, " ", old.slice(old.length - same));
    last = to;
  }
  push(result, " ", lines(text.slice(last)).slice(0, AROUND));
  return result;
}

/** Edits of the same line or the next one go together. */
function groups(text: string, edits: readonly Edit[]): Edit[][] {
  const result: Edit[][] = [];
  for (const edit of edits) {
    const group = result[result.length - 1];
    const end = group && lineEnd(text, group[group.length - 1]!.to);
    if (group && end !== undefined && edit.from <= end) group.push(edit);
    else result.push([edit]);
  }
  return result;
}

function push(result: Line[], sign: Line["sign"], lines: readonly string[]): void {
  for (const line of lines) result.push({ sign, line: line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line });
}

function lines(text: string): string[] {
  if (text === "") return [];
  const all = text.split("\n");
  if (all[all.length - 1] === "") all.pop();
  return all;
}

function common(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count++;
  return count;
}

function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
}
