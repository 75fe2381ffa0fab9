/** Colours the text: keys, strings, numbers and comments, as far as they are in sight. */

import { yaml } from "@codemirror/legacy-modes/mode/yaml";
import { RangeSetBuilder } from "@codemirror/state";
import { StringStream } from "@codemirror/streamparser";
import { Decoration, EditorView, ViewPlugin, type DecorationSet, type ViewUpdate } from "@codemirror/view";

/** How many lines above what is in sight are read: what a block of text began with may stand there. */
const BEFORE = 200;
/** A line of more characters stays as it is: who writes one reads it elsewhere. */
const LONGEST = 10_000;

/** One mark for each word that the tokens have. */
const marks = new Map<string, Decoration>();

function mark(word: string): Decoration {
  let mark = marks.get(word);
  if (!mark) marks.set(word, mark = Decoration.mark({ class: `t-${word}` }));
  return mark;
}

function painted({ state: { doc }, visibleRanges }: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const { from, to } of visibleRanges) {
    const state = yaml.startState!(2);
    const last = doc.lineAt(to).number;
    for (let number = Math.max(1, doc.lineAt(from).number - BEFORE); number <= last; number++) {
      const line = doc.line(number);
      const stream = new StringStream(line.length > LONGEST ? "" : line.text, 2, 2);
      while (!stream.eol()) {
        stream.start = stream.pos;
        const word = yaml.token(stream, state);
        if (stream.pos === stream.start) stream.next();
        const [start, end] = [line.from + stream.start, line.from + stream.pos];
        // What is out of sight was read for what comes after it.
        if (word && start >= from && end <= to) builder.add(start, end, mark(word));
      }
    }
  }
  return builder.finish();
}

export const tokens = ViewPlugin.fromClass(
  class {
    painted: DecorationSet;

    constructor(view: EditorView) {
      this.painted = painted(view);
    }

    update({ docChanged, viewportChanged, view }: ViewUpdate) {
      if (docChanged || viewportChanged) this.painted = painted(view);
    }
  },
  { decorations: (plugin) => plugin.painted },
);
