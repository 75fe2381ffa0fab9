/** What CodeMirror's commands and completion want of its language package, for a text without a syntax tree.
 * The build puts this in the place of that package (`vite.config.ts`): its trees and parsers are a sixth of
 * what the editor weighs, and YAML has neither brackets nor indentation that they would know of. */

import { Facet, countColumn, type EditorState } from "@codemirror/state";

/** What one step of indentation is. */
export const indentUnit = Facet.define<string, string>({ combine: ([unit]) => unit ?? "  " });

export function getIndentUnit(state: EditorState): number {
  return state.facet(indentUnit).length;
}

export function indentString(_: EditorState, columns: number): string {
  return " ".repeat(columns);
}

/** Nobody knows better than the line above. */
export function getIndentation(): null {
  return null;
}

export class IndentContext {
  constructor(private readonly state: EditorState) {}

  lineIndent(position: number): number {
    return countColumn(/^\s*/.exec(this.state.doc.lineAt(position).text)![0], this.state.tabSize);
  }
}

/** A tree of nothing. */
const nowhere = { parent: null, childBefore: () => null, childAfter: () => null };

export function syntaxTree() {
  return { resolveInner: () => nowhere, resolveStack: () => null };
}

export function matchBrackets(): null {
  return null;
}

/** Of the parsers' own package, what a command asks of a tree's nodes. */
export const NodeProp = {};
