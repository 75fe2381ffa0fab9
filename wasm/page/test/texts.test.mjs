// @ts-check
/** What is opened, typed and dropped stays what it was, and where it was. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";

import { HOST, browse, cluster, drop, folder, guideKubeconfig, look, open, paste, serve, settled, textOf, told } from "../support/browser.mjs";

/** @type {Awaited<ReturnType<typeof serve>>} */ let server;
/** @type {Awaited<ReturnType<typeof browse>>} */ let browsing;

before(async () => { server = await serve("page"); browsing = await browse(); });
after(async () => { await browsing?.stop(); await server?.stop(); });

const GUEST = cluster("guest", "apiServer: https://203.0.113.10:31443\nclusterType: virtual\nusage: worker\nworkerType: deployment\nhostCluster: cluster-host");

test("a file with the line ends of Windows is mended where it is wrong", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  const wrong = HOST.replace("https://", "http://");
  await drop(page, [join(folder({ "shop.yaml": wrong.replaceAll("\n", "\r\n") }), "shop.yaml")]);
  await page.locator(".problems li.error .fix").first().click();
  await page.waitForSelector("#summary.fine");
  assert.equal(await textOf(page), HOST);
  await page.locator("#f-metadata-name").fill("shop");
  await settled(page);
  assert.equal(await textOf(page), HOST.replace("cluster-host", "shop"));
  await close();
});

test("a kubeconfig is of the text that it was dropped for", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  await paste(page, HOST);
  const directory = folder({ config: guideKubeconfig(), "other.yaml": HOST.replace("cluster-host", "other") });
  await drop(page, [join(directory, "config")], ".drop");
  await page.locator(".facts").waitFor();
  // Nothing covers the page any more.
  assert.equal(await page.locator(".over").count(), 0);
  await page.locator("#f-metadata-name").fill("first");
  await drop(page, [join(directory, "other.yaml")]);
  await settled(page);
  assert.equal(await page.locator(".facts").count(), 0);
  assert.equal(await page.locator("#f-metadata-name").inputValue(), "other");
  await close();
});

test("who types in a component is not shut out when it is right", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  await paste(page, HOST);
  await page.locator('details[data-path="spec.componentsList.gateway"] summary').click();
  const port = page.locator("#f-spec-componentsList-gateway-additions-httpNodePort");
  await port.focus();
  await page.keyboard.type("30085", { delay: 60 });
  await settled(page);
  assert.equal(await port.inputValue(), "30085");
  assert.ok(await port.isVisible());
  assert.match(await textOf(page), /httpNodePort: "30085"/);
  assert.equal((await told(page)).errors, 0);
  await close();
});

test("what is emptied and typed anew keeps its place and its comment, and a choice follows the text", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  const text = HOST.replace("6443\n", "6443 # behind the VPN\n");
  await paste(page, text);
  await page.locator("#f-spec-apiServer").focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Backspace");
  await page.keyboard.type("https://203.0.113.99:6443", { delay: 5 });
  await settled(page);
  // On the way there it was `https:`, which is no text without quotes.
  assert.equal((await textOf(page)).replaceAll('"', ""), text.replace("113.10:", "113.99:"));
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Tab");
  await settled(page);
  assert.doesNotMatch(await textOf(page), /apiServer/);

  await paste(page, HOST);
  await page.locator('details[data-path="spec.componentsList.gateway"] summary').click();
  const choice = page.locator("#f-spec-componentsList-gateway-name");
  await choice.selectOption("traefik");
  await settled(page);
  assert.match(await textOf(page), /name: traefik/);
  await paste(page, HOST.trimEnd() + "\n  componentsList:\n    gateway:\n      name: other\n");
  assert.equal(await choice.inputValue(), "other");
  await paste(page, HOST);
  assert.equal(await choice.inputValue(), "");
  await close();
});

test("files that are dropped on the text are the fleet, and no part of the text", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  await paste(page, GUEST);
  const directory = folder({ "host.yaml": HOST, "other.yaml": HOST.replace("cluster-host", "other").replace("113.10:", "113.11:") });
  await drop(page, [join(directory, "host.yaml"), join(directory, "other.yaml")], ".pane.text text-editor");
  await page.locator("table.fleet").waitFor();
  await settled(page);
  assert.equal(await textOf(page), GUEST);
  await close();
});

test("a folder of which a file cannot be read is not all there is", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  await paste(page, GUEST);
  await drop(page, [folder({ "host.yaml": `<<<<<<< ours\n${HOST}=======\n`, "other.yaml": HOST.replace("cluster-host", "other").replace("113.10:", "113.11:") })]);
  await page.locator(".panel .notice", { hasText: "host.yaml" }).waitFor();
  await look(page, "fleet-with-trouble");
  assert.equal(await page.locator(".panel input[type=checkbox]").isChecked(), false);
  assert.equal((await told(page)).errors, 0);
  await close();
});

test("what is not kept is told, and a request's name is kept", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  await paste(page, "{\n  \"api_server\": \"https://203.0.113.10:6443\",\n  \"cluster_type\": \"virtual\"\n}\n");
  await page.waitForFunction(() => localStorage.getItem("clearance.draft")?.includes("api_server"));
  await page.locator("#f-metadata-name").fill("shop");
  await page.waitForFunction(() => localStorage.getItem("clearance.draft")?.includes("\"shop\""));
  await page.reload();
  await page.waitForFunction(() => /** @type {HTMLInputElement | null} */ (document.querySelector("#f-metadata-name"))?.value === "shop");
  await paste(page, `apiVersion: v1\nkind: Namespace\nmetadata: {name: nautes}\n---\n${HOST}`);
  await page.locator(".unkept").waitFor();
  await look(page, "not-kept");
  await paste(page, HOST);
  await page.waitForFunction(() => document.querySelector(".unkept") === null);
  // The name was the request's.
  assert.equal((await told(page)).errors, 0);
  // What a comment holds is kept no more than what a field holds.
  await paste(page, `# token: glpat-of-nobody\n${HOST}`);
  await page.locator(".unkept").waitFor();
  assert.ok(!(await page.evaluate(() => JSON.stringify({ ...localStorage }))).includes("glpat-of-nobody"));
  await close();
});

test("a link is opened where the page is already", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  await paste(page, HOST);
  await page.locator("#link").click();
  await page.locator(".notice").waitFor();
  const address = await page.evaluate(() => navigator.clipboard.readText());
  await paste(page, GUEST);
  await page.evaluate((hash) => { location.hash = hash; }, address.slice(address.indexOf("#")));
  await page.waitForFunction((text) => /** @type {any} */ (document.querySelector("clearance-page")).session.text === text, HOST);
  await close();
});

test("on a small screen a problem leads into the text", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  await paste(page, HOST.replace("https://", "http://"));
  await page.setViewportSize({ width: 360, height: 740 });
  await page.locator(".views button", { hasText: "Problems" }).click();
  await page.locator(".problems .message").first().click();
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXT-EDITOR");
  await close();
});
