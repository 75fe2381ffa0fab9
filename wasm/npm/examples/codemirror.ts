// CodeMirror 6: findings under the text, changes as actions.

import { linter } from "@codemirror/lint";
import { EditorView } from "@codemirror/view";
import { check, init, type Source } from "@clearance/wasm";
import { lintSource } from "@clearance/wasm/codemirror";

export async function mount(parent: HTMLElement, doc: string, module?: Source): Promise<EditorView> {
  await init(module);
  const judge = lintSource((text) => check(text, { fileName: "cluster.yaml" }));
  return new EditorView({ parent, doc, extensions: [linter((view) => judge(view), { delay: 0 })] });
}
