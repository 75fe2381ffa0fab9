// What a project sees that checks the declarations of its packages, too, and knows nothing newer than ES2022.

import { check, init, type Described, type Filling, type Operation } from "@clearance/wasm";

await init();
const [document] = check("kind: Secret\napiVersion: v1\n").documents;

/** What may be absent: to use it unasked would fail where it is. */
export function absent(described: Described, filling: Filling, operation: Operation): unknown[] {
  return [
    // @ts-expect-error: what is no cluster has no form
    described.form.toUpperCase(),
    // @ts-expect-error: it is there where it was asked for
    described.resource.toString(),
    // @ts-expect-error: what is removed has no value
    filling.value.toString(),
    // @ts-expect-error: what is removed has no value
    operation.value.toString(),
    document?.form?.toUpperCase(),
  ];
}
