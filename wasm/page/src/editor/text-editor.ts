/** The text: CodeMirror in a shadow root, because its styles are made by script and a strict CSP lets
 * only adopted style sheets in. */

import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import {
  deleteLine, history, historyKeymap, indentLess, indentMore, moveLineDown, moveLineUp, standardKeymap, toggleLineComment,
} from "@codemirror/commands";
import { yaml } from "@codemirror/legacy-modes/mode/yaml";
import { lintGutter, nextDiagnostic, previousDiagnostic, setDiagnostics } from "@codemirror/lint";
import { Annotation, Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers, type KeyBinding,
} from "@codemirror/view";
import { LitElement, css, html } from "lit";
import { property } from "lit/decorators.js";

import type { Edit } from "../judge/protocol";
import { LONGEST, type Session, type Surface } from "../state/session";
import { words } from "../words";
import { complete } from "./complete";
import { diagnostics } from "./diagnostics";
import { look } from "./look";
import { tokens } from "./tokens";
import { tooltipStyle } from "./tooltip-style";

/** Marks what the page itself wrote, so that it is not taken for typing. */
const ours = Annotation.define<boolean>();

/** What is of use in YAML, of all that CodeMirror can: the rest would be loaded for nobody. The key Tab goes on
 * to the next control, as everywhere. */
const KEYS: readonly KeyBinding[] = [
  ...completionKeymap,
  { key: "F8", run: nextDiagnostic }, { key: "Shift-F8", run: previousDiagnostic },
  ...historyKeymap,
  { key: "Mod-/", run: toggleLineComment }, { key: "Mod-]", run: indentMore }, { key: "Mod-[", run: indentLess },
  { key: "Alt-ArrowUp", run: moveLineUp }, { key: "Alt-ArrowDown", run: moveLineDown }, { key: "Shift-Mod-k", run: deleteLine },
  ...standardKeymap,
];

/** What may hide in a text: shown as a mark. CodeMirror's own list lacks some. */
const HIDDEN = /[\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

export class TextEditor extends LitElement implements Surface {
  @property({ attribute: false }) session!: Session;
  /** Which text: the one that is judged, or the one from before it. */
  @property() which: "new" | "old" = "new";
  @property() label = "";

  private view: EditorView | undefined;
  private readonly naming = new Compartment();
  private stop: (() => void) | undefined;
  private told: unknown;

  static override styles = [
    css`
      :host { display: block; position: relative; min-height: 0; }
      #place, .cm-editor { height: 100%; }
      /* Above the gutter, which lies above all else. */
      :host(:focus-within)::after { content: ""; position: absolute; inset: 0; z-index: 300; border: 2px solid var(--accent); pointer-events: none; }
    `,
    tooltipStyle,
  ];

  override render() {
    return html`<div id="place"></div>`;
  }

  override firstUpdated() {
    const parent = this.renderRoot.querySelector("#place")!;
    this.view = new EditorView({
      root: this.renderRoot as ShadowRoot,
      parent,
      state: EditorState.create({ doc: this.which === "new" ? this.session.text : this.session.old ?? "", extensions: this.extensions() }),
    });
    if (this.which === "new") {
      this.session.attach(this);
      this.stop = this.session.watch(() => this.tell());
    }
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.stop?.();
  }

  override updated(changed: Map<string, unknown>) {
    if (changed.has("label")) this.view?.dispatch({ effects: this.naming.reconfigure(naming(this.label)) });
  }

  private extensions(): Extension[] {
    const judged = this.which === "new";
    return [
      lineNumbers(), highlightActiveLineGutter(), highlightActiveLine(), history(),
      highlightSpecialChars({ addSpecialChars: HIDDEN }),
      EditorState.languageData.of(() => [yaml.languageData!]), EditorState.tabSize.of(2), EditorView.lineWrapping,
      look, tokens,
      judged ? [lintGutter(), autocompletion({ override: [complete(this.session)], icons: false })] : [],
      keymap.of(KEYS),
      // Files are the page's, wherever they are dropped.
      EditorView.domEventHandlers({ paste: (event) => this.pasted(event), drop: (event) => (event.dataTransfer?.files.length ?? 0) > 0 }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged || update.transactions.some((transaction) => transaction.annotation(ours))) return;
        this.typed(update.state.doc.toString());
      }),
      this.naming.of(naming(this.label)),
    ];
  }

  private typed(text: string) {
    if (this.which === "new") {
      this.session.started ||= text.trim() !== "";
      this.session.typed(text);
    } else {
      this.session.old = text;
      void this.session.recheck();
    }
  }

  /** A text that is too long to be judged is not even shown: it would only be slow. */
  private pasted(event: ClipboardEvent): boolean {
    const length = event.clipboardData?.getData("text/plain").length ?? 0;
    if (length <= LONGEST) return false;
    event.preventDefault();
    this.session.update({ notice: words(this.session.language).tooLong(length) });
    return true;
  }

  replace(text: string) {
    const view = this.view;
    if (!view || view.state.doc.toString() === text) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, annotations: ours.of(true), selection: { anchor: 0 } });
    view.scrollDOM.scrollTop = 0;
  }

  edit(edits: readonly Edit[]) {
    this.view?.dispatch({ changes: edits.map(({ from, to, insert }) => ({ from, to, insert })), userEvent: "input.form" });
  }

  show(from: number, to: number) {
    const view = this.view;
    if (!view) return;
    const most = view.state.doc.length;
    view.dispatch({ selection: { anchor: Math.min(from, most), head: Math.min(to, most) }, effects: EditorView.scrollIntoView(Math.min(from, most), { y: "center" }) });
    view.focus();
  }

  private tell() {
    const { verdict } = this.session;
    if (!this.view || !verdict || verdict === this.told || !this.session.fresh) return;
    this.told = verdict;
    // A task of its own: a key that was pressed meanwhile goes first.
    setTimeout(() => {
      if (this.view && this.told === verdict && this.session.fresh) this.view.dispatch(setDiagnostics(this.view.state, diagnostics(this.session, verdict.findings)));
    });
  }
}

function naming(label: string): Extension {
  return EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", spellcheck: "false", autocorrect: "off", autocapitalize: "off" });
}

customElements.define("text-editor", TextEditor);
