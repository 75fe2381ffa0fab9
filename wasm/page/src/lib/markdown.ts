/** The little Markdown that rules' pages and messages use, as templates: never as markup of its own. */

import { type TemplateResult, html } from "lit";

/** `code` in a line of text. */
export function inline(text: string): (string | TemplateResult)[] {
  return text.split(/(`[^`]*`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)\s]+\))/).map((part) => {
    if (part.startsWith("`") && part.length > 1) return html`<code>${part.slice(1, -1) || '""'}</code>`;
    if (part.startsWith("**")) return html`<strong>${part.slice(2, -2)}</strong>`;
    const link = /^\[([^\]]+)\]\((https:[^)]+)\)$/.exec(part);
    if (link) return html`<a href=${link[2]!} rel="noreferrer noopener" target="_blank">${link[1]}</a>`;
    return /^\[([^\]]+)\]\(/.exec(part)?.[1] ?? part;
  });
}

/** A page: headings, paragraphs, lists, tables as text, and code. Its headings begin at `level`. */
export function page(text: string, level = 3): TemplateResult[] {
  const blocks: TemplateResult[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]!;
    const heading = /^(#+) (.*)$/.exec(line);
    if (line.startsWith("```")) {
      const end = lines.findIndex((other, index) => index > at && other.startsWith("```"));
      const code = lines.slice(at + 1, end < 0 ? undefined : end).map(cut).join("\n");
      const fails = / fails/.test(line) ? "fails" : / passes/.test(line) ? "passes" : "";
      blocks.push(html`<pre class=${fails} tabindex="0"><code>${code}</code></pre>`);
      at = end < 0 ? lines.length : end + 1;
    } else if (heading) {
      blocks.push(title(level + heading[1]!.length - 1, heading[2]!));
      at++;
    } else if (/^[-*] /.test(line)) {
      const items: string[] = [];
      for (; at < lines.length && lines[at]!.trim() !== ""; at++) {
        if (/^[-*] /.test(lines[at]!)) items.push(lines[at]!.slice(2));
        else items.push(`${items.pop() ?? ""} ${lines[at]!.trim()}`);
      }
      blocks.push(html`<ul>${items.map((item) => html`<li>${inline(item)}</li>`)}</ul>`);
    } else if (line.trim() === "") {
      at++;
    } else {
      const from = at;
      while (at < lines.length && lines[at]!.trim() !== "" && !lines[at]!.startsWith("```")) at++;
      blocks.push(html`<p>${inline(lines.slice(from, at).join(" "))}</p>`);
    }
  }
  return blocks;
}

/** Base64 of certificates says nothing to people. */
function cut(line: string): string {
  return line.length > 100 ? `${line.slice(0, 80)}…` : line;
}

function title(level: number, text: string): TemplateResult {
  if (level <= 3) return html`<h3>${inline(text)}</h3>`;
  return html`<h4>${inline(text)}</h4>`;
}
