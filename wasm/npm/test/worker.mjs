// A worker that judges what it is sent.

import { check, init } from "../dist/index.js";

onmessage = async ({ data }) => {
  await init();
  postMessage(check(data, { name: "demo" }).findings.map(({ rule }) => rule));
};
