/** Where in a description a place of its text lies, by indentation or by brackets: while somebody types,
 * the text can rarely be parsed. */

export interface Where {
  /** The keys above. */
  readonly path: readonly string[];
  /** The key before a colon, where a value is being written. */
  readonly key?: string;
  /** Where the word that is being written begins. */
  readonly from: number;
  /** Whether the word has an opening quote. */
  readonly quoted: boolean;
}

const KEY = /^(\s*)(- +)?(?:"([^"]*)"|'([^']*)'|([^\s#:'"{}[\],][^:#]*?))\s*:(?:\s+(.*))?$/;

export function where(text: string, at: number): Where {
  const begin = text.lastIndexOf("---\n", at - 1);
  const document = begin < 0 ? 0 : begin + 4;
  const head = text.slice(document, at);
  return /^\s*(#.*\n\s*)*\{/.test(head) ? inJson(head, document) : inYaml(head, document);
}

function inYaml(head: string, offset: number): Where {
  const lines = head.split("\n");
  const line = lines.pop() ?? "";
  const lineStart = offset + head.length - line.length;
  const match = KEY.exec(line);
  const key = match?.[3] ?? match?.[4] ?? match?.[5];
  const [, word = ""] = /(?:^|[\s"'-])([^\s"']*)$/.exec(line) ?? [];
  const from = lineStart + line.length - word.length;
  let indent = match ? match[1]!.length + (match[2]?.length ?? 0) : /^\s*(- +)?/.exec(line)![0].length;
  const path: string[] = [];
  for (const above of lines.reverse()) {
    const found = KEY.exec(above);
    if (!found || above.trim().startsWith("#")) continue;
    const depth = found[1]!.length + (found[2]?.length ?? 0);
    // A list may stand at the indentation of its key.
    if (depth < indent || (depth === indent && /^\s*- /.test(line) && !found[6] && !found[2])) {
      path.unshift(found[3] ?? found[4] ?? found[5]!);
      indent = depth;
      if (indent === 0) break;
    }
  }
  const quoted = /["']$/.test(line.slice(0, line.length - word.length));
  return key === undefined ? { path, from, quoted } : { path, key, from, quoted };
}

function inJson(head: string, offset: number): Where {
  const path: string[] = [];
  let key: string | undefined;
  let word = "";
  let from = head.length;
  let expectsValue = false;
  for (let at = 0; at < head.length; at++) {
    const letter = head[at]!;
    if (letter === "#") {
      at = head.indexOf("\n", at);
      if (at < 0) break;
    } else if (letter === '"') {
      const start = at + 1;
      for (at++; at < head.length && head[at] !== '"'; at++) if (head[at] === "\\") at++;
      word = head.slice(start, at);
      if (at >= head.length) return { path, ...(expectsValue && key !== undefined ? { key } : {}), from: offset + start, quoted: true };
      if (!expectsValue) key = word;
    } else if (letter === ":") expectsValue = true;
    else if (letter === "{" || letter === "[") {
      path.push(key ?? "");
      key = letter === "[" ? key : undefined;
      expectsValue = letter === "[";
    } else if (letter === "}" || letter === "]") {
      path.pop();
      expectsValue = false;
    } else if (letter === ",") expectsValue = false;
    else if (/\S/.test(letter) && !/[\w$.-]/.test(head[at - 1] ?? " ")) from = at;
    if (/\s/.test(letter)) from = head.length;
  }
  return { path: path.slice(1), ...(expectsValue && key !== undefined ? { key } : {}), from: offset + from, quoted: false };
}
