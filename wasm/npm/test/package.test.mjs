// The package in Node: its functions, and what it makes of bad input.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import * as clearance from "@clearance/wasm";
import { toErrorSchema } from "@clearance/wasm/rjsf";
import { toAjvErrors } from "@clearance/wasm/ajv";
import { OUTSIDE, TRAP, answering, BOMB } from "../../page/support/guest.mjs";

const request = "# 域名 😀\napi_server: http://10.0.0.1:6443\ncluster_type: physical\nusage: host\n";
const now = Date.UTC(2026, 10, 1);

const rulesOf = ({ findings }) => findings.map(({ rule }) => rule);

test("nothing is loaded until it is asked for", async () => {
  // What a server imports and never uses.
  const { check, rules } = await import("@clearance/wasm");
  assert.throws(() => check("usage: host"), /the module is not loaded: await `init\(\)`/);
  assert.throws(() => rules(), /await `init\(\)`/);
});

test("it starts from bytes, at once", async () => {
  const bytes = await readFile(new URL("../dist/core/clearance_bg.wasm", import.meta.url));
  clearance.initSync(bytes);
  // And once more, which does nothing.
  await clearance.init();
  assert.equal(clearance.check(request).core.version, clearance.version);
});

test("a finding says where it is in JavaScript's units, and in the words of the form", () => {
  const { findings, documents, summary } = clearance.check(request, { name: "demo", now });
  const [first] = findings;
  assert.equal(first.rule, "invalid-api-server");
  assert.equal(request.slice(first.range.start.offset, first.range.end.offset), "http://10.0.0.1:6443");
  assert.deepEqual([first.pointer, first.field, first.display], ["/spec/apiServer", "/api_server", "api_server"]);
  assert.deepEqual([documents[0].form, documents[0].profile, documents[0].name], ["request", "physical-host", "demo"]);
  assert.equal(summary.errors, findings.length);
});

test("a change is made in the text; comments stay", () => {
  const [{ changes }] = clearance.check(request).findings;
  assert.equal(clearance.apply(request, changes[0]), request.replace("http:", "https:"));
  assert.throws(() => clearance.apply("", changes[0]), RangeError);
});

test("a change is made in a value, and what is missing is filled in", () => {
  const values = { api_server: "http://10.0.0.1:6443", cluster_type: "physical", usage: "host" };
  const [{ changes }] = clearance.checkValues(values, { name: "demo" }).findings;
  const mended = clearance.applyValues(values, changes[0]);
  assert.equal(mended.api_server, "https://10.0.0.1:6443");
  const filled = clearance.fillValues(mended, { name: "demo" });
  assert.equal(filled.components_list.gateway.additions.httpNodePort, "30080");
  assert.deepEqual(clearance.fillValues(filled, { name: "demo" }), filled);
});

test("the sentences come in Chinese once they are loaded", async () => {
  assert.throws(() => clearance.check(request, { lang: "zh" }), /await `loadLanguage\("zh"\)`/);
  assert.throws(() => clearance.rules("zh"), /await `loadLanguage\("zh"\)`/);
  await clearance.loadLanguage("en");
  await clearance.loadLanguage("zh");
  // And once more, which does nothing.
  await clearance.loadLanguage("zh");
  assert.match(clearance.rules("zh")[0].headline, /\p{Script=Han}/u);
  assert.match(clearance.check(request, { lang: "zh" }).findings[0].message, /\p{Script=Han}/u);
});

test("rules, pages and schemas", async () => {
  assert.ok(clearance.rules().length >= 70);
  for (const { name } of clearance.rules()) {
    assert.match(await clearance.explain(name), new RegExp(`^# ${name}\n`));
  }
  assert.equal(await clearance.explain("constructor"), undefined);
  assert.ok((await clearance.schema("request")).properties.api_server);
});

test("a checker holds a fleet, whose files come and go", () => {
  const host = (name, port) => `
apiVersion: nautes.resource.nautes.io/v1alpha1
kind: Cluster
metadata: {name: ${name}, namespace: nautes}
spec: {apiServer: "https://10.0.0.1:${port}", clusterType: physical, usage: host, clusterKind: kubernetes}
`;
  const checker = new clearance.Checker();
  assert.deepEqual(checker.add(host("a", 6443), "a.yaml"), { clusters: 1, referrers: 0 });
  const twin = () => rulesOf(checker.check(host("b", 6443), { now })).includes("duplicate-api-server");
  assert.ok(twin());
  assert.ok(twin(), "the fleet is as it was before a check");
  checker.add(host("a", 7443), "a.yaml");
  assert.ok(!twin());
  checker.add(host("a", 6443), "a.yaml");
  assert.equal(checker.check(host("b", 6443)).fleet.clusters, 1);
  // Judged itself, it is not its own twin, and it is there again afterwards.
  assert.ok(!rulesOf(checker.check(host("a", 6443))).includes("duplicate-api-server"));
  assert.ok(twin());
  // What is judged as a file takes its place: there it has another name now.
  assert.ok(!rulesOf(checker.check(host("b", 6443), { fileName: "a.yaml" })).includes("duplicate-api-server"));
  assert.ok(twin());
  assert.ok(checker.remove("a.yaml"));
  assert.ok(!checker.remove("a.yaml"));
  assert.ok(!twin());
  // Two of one name in one text are told, and leave the fleet as it is.
  checker.add(host("c", 6443), "c.yaml");
  assert.ok(rulesOf(checker.check(`${host("d", 1)}---${host("d", 2)}`)).includes("defined-twice"));
  assert.equal(checker.check(host("b", 6443)).fleet.clusters, 1);
  checker.free();
});

test("adapters for forms", () => {
  const verdict = clearance.checkValues({ api_server: "http://a", cluster_type: "physical", usage: "host", __proto__: null, constructor: 1 });
  const tree = toErrorSchema(verdict);
  assert.match(tree.api_server.__errors[0], /no `https` address/);
  assert.match(tree.constructor.__errors[0], /unknown field/);
  const error = toAjvErrors(verdict).find(({ keyword }) => keyword === "invalid-api-server");
  assert.equal(error.instancePath, "/api_server");
  const resource = { apiVersion: "nautes.resource.nautes.io/v1alpha1", kind: "Cluster", metadata: { name: "a" }, spec: { apiServer: "http://a" } };
  const inSpec = toAjvErrors(clearance.checkValues(resource), { base: "/spec" });
  assert.ok(inSpec.some(({ instancePath }) => instancePath === "/apiServer"));
});

test("what cannot be used is told, and nothing is broken by it", () => {
  const { check, checkValues, Checker } = clearance;
  const wrong = [
    [() => check(7), TypeError, /the text is no string/],
    [() => check("", 7), TypeError, /the options are no object/],
    [() => check("", { nam: "a" }), Error, /there is no option `nam`/],
    [() => check("", { now: "x" }), TypeError, /no time/],
    [() => check("", { fleet: 7 }), TypeError, /`options.fleet` takes a text/],
    [() => check("", { fleet: [7] }), TypeError, /`options.fleet` takes a text/],
    [() => check("", { catalog: "components: 7" }), Error, /the catalogue cannot be used: catalog.yaml:1:/],
    [() => check("", { severities: { "no-such": "off" } }), Error, /there is no rule `no-such`/],
    [() => check("", { complete: "yes" }), Error, /`options.complete` is a string/],
    [() => check("", { operation: "update" }), Error, /needs `options.old`/],
    [() => checkValues(undefined), TypeError, /no JSON/],
    [() => new Checker({ limit: -1 }), Error, /`options.limit` is -1/],
    [() => new Checker(null), TypeError, /the options are no object/],
  ];
  for (const [use, kind, sentence] of wrong) {
    assert.throws(use, (error) => error instanceof kind && sentence.test(error.message), String(use));
    assert.equal(check(request, { name: "demo" }).findings[0].rule, "invalid-api-server");
  }
});

test("bad input is a finding", () => {
  const { check } = clearance;
  const long = `api_server: ${"a".repeat(10 << 20)}`;
  assert.deepEqual(rulesOf(check(long)), ["too-large"]);
  assert.deepEqual(rulesOf(check(new TextEncoder().encode(long))), ["too-large"]);
  const binary = Uint8Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256);
  assert.deepEqual(rulesOf(check(binary)), ["invalid-syntax"]);
  assert.ok(check("\u0000\u0001\ud800").findings.length > 0);
  const deep = "[".repeat(100_000);
  assert.ok(rulesOf(check(deep)).includes("too-deep"));
  const { fleet } = check(request, { fleet: [{ file: "a.yaml", text: "a: [" }, { file: "b.yaml", text: "b: 1" }] });
  assert.deepEqual(fleet.troubles.map(({ file }) => file), ["a.yaml"]);
  assert.equal(fleet.complete, false);
});

test("an organisation's policies are asked", () => {
  const guests = {
    no: answering('{"accepted":false,"findings":[{"path":"spec.usage","message":"not here"}]}'),
    well: answering('{"accepted":true}'),
    trap: TRAP,
    bomb: BOMB,
    outside: OUTSIDE,
  };
  const listed = Object.keys(guests).map((name) => ({ name, module: name, settings: "{}", time: 500, memory: 8 << 20 }));
  const policies = { list: JSON.stringify({ digest: "", policies: [...listed, { ...listed[0], name: "lost", module: null, unusable: "it is lost" }] }), modules: guests };
  const text = "api_server: https://10.0.0.1:6443\ncluster_type: physical\nusage: host\n";
  const asked = (more) => clearance.check(text, { name: "demo", now, policies, ...more }).findings.filter(({ rule }) => rule.startsWith("policy-"));
  assert.deepEqual(asked().map(({ rule, field, message }) => [rule, field, message]), [
    ["policy-failed", "", "policy `trap` failed: it ended by a trap: wasm trap: wasm `unreachable` instruction executed"],
    ["policy-failed", "", "policy `bomb` failed: it wants more than the 8 MiB of memory that it may have"],
    ["policy-failed", "", "policy `outside` failed: it passed 1 bytes at 4294967295, which do not lie in its memory"],
    ["policy-failed", "", "policy `lost` failed: it is lost"],
    ["policy-denied", "/usage", "policy `no`: not here"],
  ]);
  assert.match(asked({ lang: "zh" })[4].message, /策略/);
  // Its memory begins with more than it may have.
  const small = JSON.parse(policies.list);
  for (const policy of small.policies) policy.memory = 64 << 10;
  assert.match(asked({ policies: { list: JSON.stringify(small), modules: guests } })[0].message, /wants more/);
  assert.throws(() => asked({ policies: { list: policies.list, modules: {} } }), /lacks the module of `no`/);
  assert.throws(() => asked({ policies: { list: "{}", modules: {} } }), /the policies cannot be read/);
});
