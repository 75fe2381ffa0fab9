import { css } from "lit";

/** What floats over the text. */
export const tooltipStyle = css`
  .cm-editor .cm-tooltip { background: var(--raised); color: var(--ink); border: 1px solid var(--line); border-radius: 6px; box-shadow: var(--shadow); font: 0.8125rem/1.45 var(--sans); max-width: min(34rem, 90vw); }
  .cm-editor .cm-tooltip-autocomplete > ul { font-family: var(--mono); max-height: 16rem; }
  .cm-editor .cm-tooltip-autocomplete > ul > li[aria-selected] { background: var(--accent); color: var(--on-accent); }
  .cm-editor .cm-completionDetail { color: inherit; opacity: 0.85; font-style: normal; margin-left: 1em; }
  .cm-editor .cm-diagnostic { padding: 0.5rem 0.75rem; border-left-width: 3px; white-space: normal; }
  .cm-editor .cm-diagnostic-error { border-left-color: var(--error); }
  .cm-editor .cm-diagnostic-warning { border-left-color: var(--warning); }
  .cm-editor .cm-diagnosticSource { display: none; }
  .cm-editor .cm-diagnosticAction { background: var(--accent); color: var(--on-accent); border-radius: 4px; padding: 0.2rem 0.5rem; margin: 0.35rem 0.35rem 0 0; border: 0; cursor: pointer; font: inherit; }
  .told p { margin: 0.25rem 0 0; }
  .told strong { font-weight: 600; }
  .told .page { color: var(--muted); }
  .told code { font-family: var(--mono); background: var(--hover); padding: 0 0.2em; border-radius: 3px; }
`;
