// JSON Forms 3: the same, by `additionalErrors`.

import type { JsonSchema } from "@jsonforms/core";
import { JsonForms } from "@jsonforms/react";
import { vanillaCells, vanillaRenderers } from "@jsonforms/vanilla-renderers";
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { Checker, init, type Source } from "@clearance/wasm";
import { toAjvErrors } from "@clearance/wasm/ajv";

const shape: JsonSchema = {
  type: "object",
  properties: { api_server: { type: "string" }, usage: { type: "string" }, cluster_type: { type: "string" } },
};

function RequestForm({ checker, first }: { checker: Checker; first: unknown }) {
  const [values, setValues] = useState(first);
  return (
    <JsonForms
      schema={shape}
      data={values}
      renderers={vanillaRenderers}
      cells={vanillaCells}
      additionalErrors={toAjvErrors(checker.checkValues(values, { name: "demo" }))}
      onChange={({ data }) => setValues(data)}
    />
  );
}

export async function mount(parent: HTMLElement, first: unknown, module?: Source): Promise<void> {
  await init(module);
  createRoot(parent).render(<RequestForm checker={new Checker()} first={first} />);
}
