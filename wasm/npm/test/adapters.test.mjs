// Each example, bundled as its reader would, in Chromium with the real library.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { open } from "./chromium.mjs";

const module = "/dist/core/clearance_bg.wasm";
const values = { api_server: "http://10.0.0.1:6443", cluster_type: "physical", usage: "hots" };
const text = "# 域名 😀\napi_server: http://10.0.0.1:6443\ncluster_type: physical\nusage: host\n";
const sentence = "`http://10.0.0.1:6443` is no `https` address";
let bundles, chromium, lenient;

before(async () => {
  bundles = await mkdtemp(join(tmpdir(), "clearance-examples-"));
  const example = (name) => fileURLToPath(new URL(`../examples/${name}`, import.meta.url));
  await build({
    entryPoints: ["codemirror.ts", "monaco.ts", "rjsf.tsx", "jsonforms.tsx"].map(example),
    outdir: bundles,
    bundle: true,
    format: "esm",
    jsx: "automatic",
    target: "es2022",
    loader: { ".ttf": "file" },
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  chromium = await open({ bundles });
  // JSON Forms has AJV compile its schemas, which a strict policy does not let it.
  lenient = await open({ bundles }, { policy: false });
});

after(async () => {
  await chromium?.end();
  await lenient?.end();
  await rm(bundles, { recursive: true, force: true });
});

/** Puts an example into an empty page. */
async function mount(name, first, { page, address, complaints } = chromium) {
  complaints.length = 0;
  await page.goto(address);
  await page.evaluate(
    async ([name, first, module]) => {
      const { mount } = await import(`/bundles/${name}.js`);
      globalThis.mounted = await mount(document.body, first, module);
    },
    [name, first, module],
  );
  return page;
}

test("it works in a worker", async () => {
  const { page, address } = chromium;
  await page.goto(address);
  const rules = await page.evaluate(
    (text) =>
      new Promise((resolve, reject) => {
        const worker = new Worker("/test/worker.mjs", { type: "module" });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(text);
      }),
    text,
  );
  assert.deepEqual(rules, ["invalid-api-server", "missing-field"]);
});

test("react-jsonschema-form shows findings at their fields, and forgets them when they are mended", async () => {
  const page = await mount("rjsf", values);
  const field = page.locator("#root_api_server");
  await page.getByText(sentence).first().waitFor();
  assert.match(await page.locator("#root_api_server__error").innerText(), /is no `https` address/);
  assert.match(await page.locator("#root_usage__error").innerText(), /`hots` is not supported here/);
  await field.fill("https://10.0.0.1:6443");
  await page.locator("#root_api_server__error").waitFor({ state: "detached" });
  assert.deepEqual(chromium.complaints, []);
});

test("JSON Forms shows findings at their fields, and forgets them when they are mended", async () => {
  const page = await mount("jsonforms", values, lenient);
  const control = page.locator(".control", { hasText: /api.server/i });
  await control.getByText(sentence).waitFor();
  await page.locator(".control", { hasText: /usage/i }).getByText("`hots` is not supported here").waitFor();
  await control.locator("input").fill("https://10.0.0.1:6443");
  await control.getByText(sentence).waitFor({ state: "detached" });
  assert.deepEqual(lenient.complaints, []);
});

test("CodeMirror marks the text that a finding is about, after Chinese and emoji, and makes its change", async () => {
  const page = await mount("codemirror", text);
  const marks = page.locator(".cm-lintRange-error");
  await marks.first().waitFor();
  assert.ok((await marks.allInnerTexts()).includes("http://10.0.0.1:6443"), String(await marks.allInnerTexts()));
  await marks.filter({ hasText: "http://10.0.0.1:6443" }).hover();
  await page.getByText(sentence).waitFor();
  await page.getByRole("button", { name: "use `https://10.0.0.1:6443`" }).click();
  await page.getByText("api_server: https://10.0.0.1:6443").waitFor();
  assert.deepEqual(chromium.complaints, []);
});

test("Monaco marks the text that a finding is about, after Chinese and emoji, and makes its change", async () => {
  const page = await mount("monaco", text);
  const markers = () => page.evaluate(() => globalThis.mounted.markers());
  const marker = (await markers()).find((marker) => marker.code === "invalid-api-server");
  assert.equal(marker.severity, 8);
  const range = "startLineNumber,startColumn,endLineNumber,endColumn".split(",").map((key) => marker[key]);
  assert.deepEqual(range, [2, 13, 2, 33]);
  await page.locator(".squiggly-error").first().waitFor({ state: "attached" });
  await page.evaluate(() => globalThis.mounted.mend());
  assert.ok(!(await markers()).some((marker) => marker.code === "invalid-api-server"));
  assert.match(await page.evaluate(() => globalThis.mounted.model.getValue()), /^api_server: https:\/\/10/m);
});
