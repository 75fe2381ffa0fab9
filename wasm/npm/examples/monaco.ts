// Monaco: findings as markers of a model.

import * as monaco from "monaco-editor/editor/editor.api.js";
import { check, init, type Source } from "@clearance/wasm";
import { toEdits, toMarkers } from "@clearance/wasm/monaco";

export async function mount(parent: HTMLElement, text: string, module?: Source) {
  await init(module);
  const editor = monaco.editor.create(parent, { value: text, language: "yaml", automaticLayout: true });
  const model = editor.getModel();
  if (!model) {
    throw new Error("an editor with a text has a model");
  }
  const judge = () => {
    const verdict = check(model.getValue(), { fileName: "cluster.yaml" });
    monaco.editor.setModelMarkers(model, "clearance", toMarkers(verdict));
    return verdict;
  };
  model.onDidChangeContent(judge);
  judge();
  /** Makes the first change that is offered. */
  const mend = () => {
    const change = judge().findings.flatMap(({ changes }) => changes).find(({ edits }) => edits.length > 0);
    if (change) {
      model.pushEditOperations([], toEdits(change), () => null);
    }
  };
  return { model, mend, markers: () => monaco.editor.getModelMarkers({ resource: model.uri }) };
}
