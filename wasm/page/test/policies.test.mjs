// @ts-check
/** An organisation's policies in the page: what the server says, said before. */

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { HOST, browse, check, folder, look, modules, open, paste, policyCases, scratch, serve, serveWith, settled, told } from "../support/browser.mjs";
import { BOMB, ENDLESS, OUTSIDE, TRAP, answering } from "../support/guest.mjs";

/** @type {Awaited<ReturnType<typeof browse>>} */ let browsing;
before(async () => { browsing = await browse(); });
after(async () => { await browsing?.stop(); });

/** What the page tells, as `clearance check` would. @param {import("playwright-core").Page} page */
async function findings(page) {
  await settled(page);
  return page.evaluate(() => /** @type {any} */ (document.querySelector("clearance-page")).session.verdict.findings.map((/** @type {any} */ finding) => ({
    rule: finding.rule, severity: finding.severity, path: finding.display ?? "", message: finding.message, unchanged: finding.unchanged,
  })));
}

/** @param {{ rule: string, severity: string, path: string, message: string, unchanged?: boolean }[]} found */
const plain = (found) => found.map(({ rule, severity, path, message, unchanged }) => ({ rule, severity, path: path ?? "", message, unchanged: unchanged ?? false }));

/** Policies of our own, in a file. @param {Record<string, { wasm: Uint8Array, more?: string }>} guests */
function configured(guests) {
  const directory = scratch();
  let text = "version: 1\npolicies:\n";
  for (const [name, { wasm, more = "" }] of Object.entries(guests)) {
    writeFileSync(join(directory, `${name}.wasm`), wasm);
    text += `- name: ${name}\n  module: ${name}.wasm\n${more}`;
  }
  writeFileSync(join(directory, "policies.yaml"), text);
  return join(directory, "policies.yaml");
}

/** Judges until it says what it must: the server looks at its files now and then, and so does the page at the server. @param {import("playwright-core").Page} page @param {(messages: string[]) => boolean} is */
async function until(page, is) {
  for (let round = 0; round < 120; round++) {
    const messages = await page.evaluate(async () => {
      const { session } = /** @type {any} */ (document.querySelector("clearance-page"));
      await session.recheck();
      return session.verdict.findings.map((/** @type {any} */ finding) => finding.message);
    });
    if (is(messages)) return;
    await page.waitForTimeout(500);
  }
  assert.fail("it goes on to say the same");
}

const no = (/** @type {string} */ why) => answering(JSON.stringify({ accepted: false, findings: [{ path: "spec.usage", message: why }] }));

test("each case with policies is judged as at every other door", async () => {
  assert.ok(existsSync(join(modules, "allowed-domains.wasm")), "the policies are not built: run `cargo xtask policies`");
  let cases = 0;
  for (const group of readdirSync(policyCases)) {
    for (const name of readdirSync(join(policyCases, group))) {
      const directory = join(policyCases, group, name);
      const file = (/** @type {string} */ name) => readFileSync(join(directory, name), "utf8");
      const policies = join(folder({ "policies.yaml": file("policies.yaml").replaceAll("MODULES", modules) }), "policies.yaml");
      const server = await serveWith(["--doors", "page", "--policies", policies]);
      try {
        const { page, close } = await open(browsing.browser, server.address);
        const [old, fleet] = ["old.yaml", "fleet.yaml"].map((name) => existsSync(join(directory, name)) ? file(name) : undefined);
        await page.evaluate(async ([text, old, fleet]) => {
          const { session } = /** @type {any} */ (document.querySelector("clearance-page"));
          if (fleet !== undefined) {
            await session.addToFleet([{ path: "fleet.yaml", text: fleet }]);
            await session.seeFleet(true);
          }
          session.old = old;
          session.open(text, "input.yaml");
        }, [file("input.yaml"), old, fleet]);
        assert.deepEqual(await findings(page), plain(JSON.parse(file("expected.json")).findings), `${group}/${name}`);
        await close();
        cases++;
      } finally {
        await server.stop();
      }
    }
  }
  assert.ok(cases > 9, `${cases} cases`);
});

test("whatever a policy does, the others are asked, and the page says what the command says", async () => {
  const policies = configured({
    endless: { wasm: ENDLESS, more: "  time: 200ms\n" },
    trap: { wasm: TRAP, more: "  on-failure: warn\n" },
    bomb: { wasm: BOMB, more: "  memory: 8Mi\n" },
    outside: { wasm: OUTSIDE },
    garbage: { wasm: answering("yes") },
    half: { wasm: answering('{"accepted":') },
    shy: { wasm: answering('{"warnings":[]}') },
    refusing: { wasm: no("漢字 is no reason"), more: "  mode: monitor\n" },
    well: { wasm: answering('{"accepted":true,"warnings":["mind this"]}') },
  });
  const text = join(folder({ "host.yaml": HOST }), "host.yaml");
  const expected = check(["--policies", policies, text]).findings.filter(({ rule }) => rule.startsWith("policy-"));
  const server = await serveWith(["--policies", policies]);
  try {
    const { page, close } = await open(browsing.browser, server.address);
    await paste(page, HOST);
    const found = await findings(page);
    assert.deepEqual(found.filter((/** @type {any} */ finding) => finding.rule.startsWith("policy-")), plain(expected));
    assert.equal(found.filter((/** @type {any} */ finding) => finding.rule === "policy-failed").length, 7);
    await look(page, "policies");
    // It goes on to judge, and to be used.
    await paste(page, HOST.replace("usage: host", "usage: hosst"));
    const { rules } = await told(page);
    assert.ok(rules.some((/** @type {string} */ rule) => !rule.startsWith("policy-") && rule.endsWith(" spec.usage")), rules.join(", "));
    assert.match(await page.locator("footer").innerText(), /9 policies/);
    // Chinese is said of the same answers: nobody is asked anew.
    await page.evaluate(() => /** @type {any} */ (document.querySelector("clearance-page")).session.speak("zh"));
    assert.ok((await findings(page)).some((/** @type {any} */ finding) => finding.message.includes("策略 `refusing`：漢字 is no reason")));
    await close();
  } finally {
    await server.stop();
  }
});

test("other policies hold without a restart, and a folder's clusters are asked about too", async () => {
  const policies = configured({ own: { wasm: no("first") } });
  const server = await serveWith(["--policies", policies]);
  try {
    const { page, close } = await open(browsing.browser, server.address);
    await paste(page, HOST);
    assert.deepEqual((await told(page)).rules, ["policy-denied spec.usage"]);
    writeFileSync(join(policies, "../own.wasm"), no("second"));
    await until(page, (messages) => messages.some((message) => message.includes("second")));
    const fleet = await page.evaluate(async (text) => {
      const { session } = /** @type {any} */ (document.querySelector("clearance-page"));
      await session.addToFleet([{ path: "a/other.yaml", text }]);
      await session.seeFleet(true);
      return session.fleet.rows.map((/** @type {any} */ row) => [row.name, row.errors]);
    }, HOST.replace("cluster-host", "other-host").replace("203.0.113.10", "203.0.113.11"));
    assert.deepEqual(fleet, [["other-host", 1]]);
    // None any more.
    writeFileSync(policies, "version: 1\npolicies: []\n");
    await until(page, (messages) => messages.length === 0);
    await close();
  } finally {
    await server.stop();
  }
});

test("with the network off the same policies are asked", async () => {
  const server = await serveWith(["--policies", configured({ own: { wasm: no("not here") } })]);
  try {
    const { page, context, close } = await open(browsing.browser, server.address);
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await context.setOffline(true);
    await page.reload();
    await page.waitForSelector("footer span:not(:empty)", { state: "attached" });
    await paste(page, HOST);
    assert.deepEqual((await told(page)).rules, ["policy-denied spec.usage"]);
    await context.setOffline(false);
    await close();
  } finally {
    await server.stop();
  }
});

test("what could not be loaded was not asked, and the page says so", async () => {
  const server = await serveWith(["--policies", configured({ own: { wasm: no("not here") } })]);
  try {
    const context = await browsing.browser.newContext({ serviceWorkers: "block" });
    await context.route("**/policies/*.wasm", (route) => route.abort());
    const page = await context.newPage();
    await page.goto(`${server.address}/`);
    await page.evaluate((text) => /** @type {any} */ (document.querySelector("clearance-page")).session.open(text, "a.yaml"), HOST);
    await page.locator(".notice.error").filter({ hasText: "policies" }).waitFor();
    await look(page, "policies-not-asked");
    assert.deepEqual((await told(page)).rules, []);
    await context.close();
  } finally {
    await server.stop();
  }
});

test("where there are none, nothing of them is loaded", async () => {
  const server = await serve("page");
  try {
    const { page, close } = await open(browsing.browser, server.address);
    /** @type {string[]} */
    const asked = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    await paste(page, HOST);
    assert.ok(page.workers().length === 1 && !asked.some((name) => name.includes("guest")), asked.join(" "));
    await close();
  } finally {
    await server.stop();
  }
});
