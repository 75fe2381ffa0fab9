/** How the text looks: the page's own colours, by its custom properties, so that it follows the theme. */

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--surface)", fontSize: "0.8125rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": { fontFamily: "var(--mono)", caretColor: "var(--ink)", padding: "0.5rem 0" },
  ".cm-scroller": { lineHeight: "1.55" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--muted)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  ".cm-line::selection, .cm-line ::selection": { backgroundColor: "var(--select)" },
  ".cm-specialChar": { color: "var(--error)", border: "1px solid var(--error)", borderRadius: "3px", padding: "0 1px" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--error) 1.5px", textUnderlineOffset: "3px" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--warning) 1.5px", textUnderlineOffset: "3px" },
  ".cm-lintRange-info": { backgroundImage: "none", textDecoration: "underline dotted var(--accent) 1.5px", textUnderlineOffset: "3px" },
});

export const tokens = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.comment], color: "var(--t-comment)", fontStyle: "italic" },
    { tag: [tags.atom, tags.definition(tags.propertyName), tags.propertyName], color: "var(--t-key)" },
    { tag: [tags.string], color: "var(--t-string)" },
    { tag: [tags.number, tags.keyword, tags.bool], color: "var(--t-number)" },
    { tag: [tags.meta], color: "var(--muted)" },
  ]),
);
