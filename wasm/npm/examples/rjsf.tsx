// react-jsonschema-form 6: a form for a request, judged while it is filled in.

import Form from "@rjsf/core";
import type { ErrorSchema, RJSFSchema } from "@rjsf/utils";
import validator from "@rjsf/validator-ajv8";
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { type Checker, Checker as Clearance, init, schema, type Source } from "@clearance/wasm";
import { toErrorSchema } from "@clearance/wasm/rjsf";

type Values = Record<string, unknown>;

function RequestForm({ checker, shape, first }: { checker: Checker; shape: RJSFSchema; first: Values }) {
  const [values, setValues] = useState(first);
  const verdict = checker.checkValues(values, { name: "demo" });
  return (
    <Form
      schema={shape}
      validator={validator}
      formData={values}
      // The rules say more than the schema, and say it in their own words.
      noValidate
      extraErrors={toErrorSchema(verdict) as ErrorSchema<Values>}
      onChange={({ formData }) => setValues(formData ?? {})}
    />
  );
}

export async function mount(parent: HTMLElement, first: Values, module?: Source): Promise<void> {
  await init(module);
  const whole = (await schema("request")) as RJSFSchema;
  const { api_server, usage, cluster_type } = whole.properties ?? {};
  const shape: RJSFSchema = { type: "object", properties: { api_server, usage, cluster_type } as NonNullable<RJSFSchema["properties"]> };
  createRoot(parent).render(<RequestForm checker={new Clearance()} shape={shape} first={first} />);
}
