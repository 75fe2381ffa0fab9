// @ts-check
/** What else the page does, as a person does it. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { HOST, browse, cluster, corpus, drop, folder, look, open, paste, serve, settled, textOf, told } from "../support/browser.mjs";

/** @type {Awaited<ReturnType<typeof serve>>} */ let server;
/** @type {Awaited<ReturnType<typeof browse>>} */ let browsing;

before(async () => { server = await serve(); browsing = await browse(); });
after(async () => { await browsing?.stop(); await server?.stop(); });

const WORKER = "apiServer: https://203.0.113.11:6443\nclusterType: physical\nusage: worker\nworkerType: deployment";
const GUIDE = readFileSync(join(corpus, "guides/en-physical-worker-pipeline-as-printed/input.txt"), "utf8");
const [, KUBECONFIG = ""] = /"kubeconfig": "([^"]+)"/.exec(GUIDE) ?? [];

test("the form and the text change each other, and comments and order survive", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  await paste(page, `# ours, 商店 😀\nspec: # the rest\n  usage: worker\n  workerType: deployment # for now\n  clusterType: physical\n  apiServer: https://203.0.113.11:6443\nmetadata: {name: shop}\nkind: Cluster\napiVersion: nautes.resource.nautes.io/v1alpha1\n`);
  assert.equal(await page.locator("#f-metadata-name").inputValue(), "shop");
  await page.locator("#f-metadata-name").fill("shop-two");
  await page.locator("#f-spec-primaryDomain").pressSequentially("shop.example");
  await page.locator('input[name=profile][value="physical-worker-pipeline"]').check();
  await settled(page);
  const text = await textOf(page);
  assert.equal(text, `# ours, 商店 😀\nspec: # the rest\n  usage: worker\n  workerType: pipeline # for now\n  clusterType: physical\n  apiServer: https://203.0.113.11:6443\n  primaryDomain: shop.example\nmetadata: {name: shop-two}\nkind: Cluster\napiVersion: nautes.resource.nautes.io/v1alpha1\n`);
  await page.locator("text-editor .cm-content").first().focus();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("# end\n");
  await page.locator("text-editor .cm-line", { hasText: "shop.example" }).first().click();
  await page.keyboard.press("End");
  await page.keyboard.type(".com");
  await settled(page);
  assert.equal(await page.locator("#f-spec-primaryDomain").inputValue(), "shop.example.com");
  await close();
});

test("by keyboard alone: a profile, its fields, a fix, a rule's page, a copy", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  const focused = () => page.evaluate(() => { const at = document.activeElement; return `${at?.id || at?.getAttribute("data-profile") || at?.className || at?.tagName}`; });
  const tabTo = async (/** @type {RegExp} */ wanted, key = "Tab") => {
    for (let presses = 0; presses < 120; presses++) {
      if (wanted.test(await focused())) return;
      await page.keyboard.press(key);
    }
    assert.fail(`the keyboard does not reach ${wanted}`);
  };
  await tabTo(/physical-worker-deployment/);
  await page.keyboard.press("Enter");
  // The first field that is asked for has the focus.
  await page.waitForFunction(() => document.activeElement?.id === "f-metadata-name");
  await page.keyboard.type("shop");
  await tabTo(/f-spec-apiServer/);
  await page.keyboard.type("http://203.0.113.11:6443");
  await settled(page);
  assert.equal((await told(page)).errors, 1);
  await tabTo(/^fix$/);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#summary.fine");
  // The button is gone: the summary has the focus.
  await page.waitForFunction(() => document.activeElement?.id === "summary");
  await tabTo(/copy-as/, "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector(".notice") !== null);
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /kind: Cluster[\s\S]*name: shop/);
  // The text keeps nobody in: the key Tab leaves it.
  await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector("text-editor")?.shadowRoot?.querySelector(".cm-content")).focus());
  await page.keyboard.press("Tab");
  assert.notEqual(await focused(), "TEXT-EDITOR");
  await close();
});

test("a link holds the text, and neither kubeconfig nor password", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  await paste(page, GUIDE);
  for (let fixes = 0; (await told(page)).errors > 0 && fixes < 20; fixes++) await page.locator(".problems li.error .fix").first().click();
  await page.locator("#link").click();
  await page.locator(".notice").waitFor();
  const address = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(address.startsWith(`${server.address}/#c1=`), address);
  const other = await open(browsing.browser, server.address, { hash: address.slice(address.indexOf("#")) });
  await settled(other.page);
  const text = await textOf(other.page);
  assert.match(text, /8\.217\.50\.114/);
  assert.doesNotMatch(text, /kubeconfig/);
  assert.ok(!text.includes(KUBECONFIG.slice(100, 200)));
  assert.equal(new URL(other.page.url()).hash, "");
  // It is written a moment after the last change.
  await page.waitForFunction(() => Object.values(localStorage).some((value) => value.includes("8.217.50.114")));
  const kept = await page.evaluate(async () => { await new Promise((resolve) => setTimeout(resolve, 900)); return JSON.stringify({ ...localStorage }); });
  assert.match(kept, /8\.217\.50\.114/);
  assert.doesNotMatch(kept, /kubeconfig/i);
  await other.close();
  await close();
});

test("what was written is there again, and a new start forgets it", async () => {
  const { page, context, close } = await open(browsing.browser, server.address);
  await paste(page, cluster("kept", WORKER));
  await page.waitForFunction(() => localStorage.getItem("clearance.draft")?.includes("kept"));
  await page.reload();
  await page.waitForSelector("#summary.fine");
  assert.match(await textOf(page), /name: kept/);
  // A second tab edits, too: the first says so.
  const second = await context.newPage();
  await second.goto(server.address);
  await second.waitForSelector("#summary.fine");
  await paste(second, cluster("other", WORKER));
  await page.locator(".notice", { hasText: "Another tab" }).waitFor();
  await second.close();
  await page.locator("#start-again").click();
  await page.locator(".start").waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem("clearance.draft")), null);
  await close();
});

test("an update and a deletion are judged against what was", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  const host = folder({ "host.yaml": HOST, "guest.yaml": cluster("guest", "apiServer: https://203.0.113.10:31443\nclusterType: virtual\nusage: worker\nworkerType: deployment\nhostCluster: cluster-host") });
  await drop(page, [host]);
  await page.locator("table.fleet").waitFor();
  await paste(page, HOST);
  await page.locator("#compare").click();
  await settled(page);
  await page.locator("#tab-problems").click();
  await paste(page, HOST.replace("usage: host", "usage: worker\n  workerType: deployment"));
  assert.ok((await told(page)).rules.some((rule) => rule.startsWith("field-frozen")), JSON.stringify(await told(page)));
  await look(page, "compare");
  await page.locator(".pane.form input[type=checkbox]").check();
  assert.deepEqual((await told(page)).rules.map((rule) => rule.split(" ")[0]), ["still-referenced"]);
  await close();
});

test("a kubeconfig is looked at, and goes nowhere but into the copied request", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  await paste(page, cluster("shop", WORKER));
  const text = Buffer.from(KUBECONFIG, "base64").toString();
  await page.locator("#kubeconfig-file").setInputFiles(join(folder({ config: text }), "config"));
  await page.locator(".facts").waitFor();
  const facts = await page.locator(".facts").innerText();
  assert.match(facts, /10\.204\.118\.23/);
  assert.match(facts, /June 2024/);
  assert.equal(await page.locator("#facts-told li.warning").count(), 2);
  await page.locator(".facts").scrollIntoViewIfNeeded();
  await look(page, "kubeconfig");
  await page.locator("#copy-as").click();
  await page.locator("#copy-kubeconfig").check();
  await look(page, "copy-as");
  await page.locator("[data-copy=request]").click();
  await page.locator(".notice").waitFor();
  const request = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  assert.equal(request.api_server, "https://203.0.113.11:6443");
  assert.equal(Buffer.from(request.kubeconfig, "base64").toString(), text);
  const kept = await page.evaluate(async () => { await new Promise((resolve) => setTimeout(resolve, 900)); return JSON.stringify({ ...localStorage }); });
  assert.ok(!kept.includes("10.204.118.23") && !kept.includes("certificate"), kept);
  await close();
});

test("a problem leads to its place, its field and its rule's page; the text completes", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  await paste(page, cluster("shop", WORKER.replace("https://203.0.113.11:6443", "http://203.0.113.11:6443")));
  await page.locator(".problems .path").click();
  assert.equal(await page.evaluate(() => document.activeElement?.id), "f-spec-apiServer");
  await page.locator(".problems .rule").click();
  await page.locator(".rule-page h3").waitFor();
  await look(page, "rule-page");
  await page.locator("#tab-problems").click();
  await page.locator(".problems .message").click();
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "TEXT-EDITOR");
  await page.locator("text-editor .cm-lintRange-error").first().hover();
  await page.locator("text-editor .cm-tooltip .cm-diagnostic .page", { hasText: "invalid-api-server" }).waitFor();
  await look(page, "hover");
  await page.keyboard.press("Control+End");
  await page.keyboard.type("  hostC");
  await page.locator("text-editor .cm-tooltip-autocomplete li", { hasText: "hostCluster" }).waitFor();
  await look(page, "completion");
  await close();
});

test("with the network off it works as ever", async () => {
  const { page, context, faults, close } = await open(browsing.browser, server.address);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await context.setOffline(true);
  await page.reload();
  await page.locator('[data-profile="physical-host"]').click();
  await page.locator("#f-metadata-name").fill("offline");
  await page.locator("#f-spec-apiServer").fill("https://203.0.113.9:6443");
  await page.waitForSelector("#summary.fine");
  await page.locator("#tab-rule").click();
  await page.locator("#start-again").click();
  await page.locator("[data-example]").first().click();
  await settled(page);
  assert.match(await textOf(page), /api_server/);
  await context.setOffline(false);
  faults.splice(0, faults.length, ...faults.filter((fault) => !/ERR_INTERNET_DISCONNECTED|registrar/.test(fault)));
  await close();
});
