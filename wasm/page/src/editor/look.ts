/** How the text looks: the page's own colours, by its custom properties, so that it follows the theme. */

import { EditorView } from "@codemirror/view";

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
  ".t-comment": { color: "var(--t-comment)", fontStyle: "italic" },
  ".t-atom": { color: "var(--t-key)" },
  ".t-string": { color: "var(--t-string)" },
  ".t-number, .t-keyword": { color: "var(--t-number)" },
  ".t-meta": { color: "var(--muted)" },
});
