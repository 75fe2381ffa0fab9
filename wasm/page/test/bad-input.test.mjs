// @ts-check
/** What goes wrong outside the page is told, and nothing is lost or frozen by it. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { browse, cluster, drop, folder, look, open, paste, scratch, serve, settled, textOf, told } from "../support/browser.mjs";

/** @type {Awaited<ReturnType<typeof serve>>} */ let server;
/** @type {Awaited<ReturnType<typeof browse>>} */ let browsing;

before(async () => { server = await serve(); browsing = await browse(); });
after(async () => { await browsing?.stop(); await server?.stop(); });

const HOST_SPEC = "apiServer: https://203.0.113.10:6443\nclusterType: physical\nusage: host";

test("10 MB are told and not taken", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  await paste(page, cluster("shop", HOST_SPEC));
  await paste(page, "a: b\n".repeat(2 << 20));
  await page.locator(".notice", { hasText: "10.0 MiB" }).waitFor();
  assert.match(await textOf(page), /name: shop/);
  const file = join(folder({ "large.yaml": "a: b\n".repeat(2 << 20) }), "large.yaml");
  await drop(page, [file]);
  assert.match(await textOf(page), /name: shop/);
  await look(page, "too-long");
  await close();
});

test("what is no text is not opened", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  const directory = scratch();
  writeFileSync(join(directory, "picture.png"), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3, 0xff]));
  await drop(page, [join(directory, "picture.png")]);
  await page.locator(".notice", { hasText: "picture.png is no text" }).waitFor();
  assert.equal(await textOf(page), "");
  await close();
});

test("ten thousand files are read with progress, and can be stopped", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  const directory = scratch();
  for (let part = 0; part < 100; part++) {
    mkdirSync(join(directory, `all/${part}`), { recursive: true });
    for (let index = 0; index < 100; index++) writeFileSync(join(directory, `all/${part}/${index}.yaml`), index === 0 ? cluster(`c-${part}`, HOST_SPEC.replace("113.10", `113.${part}`)) : "a: 1\n");
  }
  await drop(page, [join(directory, "all")]);
  await page.locator("#stop-reading").waitFor();
  await page.locator("#stop-reading").click();
  await page.locator(".notice", { hasText: "Cancelled" }).waitFor();
  await drop(page, [join(directory, "all")]);
  await page.locator("p", { hasText: "100 clusters and 0 referrers" }).waitFor({ timeout: 60_000 });
  await look(page, "ten-thousand-files");
  await close();
});

test("a broken link is told", async () => {
  const { page, close } = await open(browsing.browser, server.address, { hash: "#c1=7ZhNb9s4EIb_is" });
  await page.locator(".notice", { hasText: "The link is broken" }).waitFor();
  await look(page, "broken-link");
  await close();
});

test("where WebAssembly is forbidden, the page says so and what to do", async () => {
  const { browser } = browsing;
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route("**/*", async (route) => {
    const answer = await route.fetch();
    const headers = answer.headers();
    headers["content-security-policy"] = (headers["content-security-policy"] ?? "").replace(" 'wasm-unsafe-eval'", "");
    await route.fulfill({ response: answer, headers });
  });
  await page.goto(server.address);
  await page.locator(".notice.error", { hasText: "wasm-unsafe-eval" }).waitFor();
  await page.screenshot({ path: join(process.env["CLEARANCE_SHOTS"] ?? scratch(), "no-wasm.png") });
  await context.close();
});

test("a browser that keeps nothing is as good, and that is told", async () => {
  const { browser } = browsing;
  const context = await browser.newContext();
  await context.addInitScript(() => Object.defineProperty(window, "localStorage", { get() { throw new DOMException("refused", "SecurityError"); } }));
  const page = await context.newPage();
  await page.goto(server.address);
  await page.waitForSelector("footer span:not(:empty)", { state: "attached" });
  await page.locator('[data-profile="physical-host"]').click();
  await page.locator("#f-metadata-name").fill("shop");
  await page.locator(".notice", { hasText: "keeps nothing" }).waitFor();
  assert.match(await textOf(page), /name: shop/);
  await context.close();
});

test("what cannot be seen is shown, and found", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  await paste(page, cluster("sh\u200bop\u202e", HOST_SPEC));
  assert.ok((await told(page)).errors > 0);
  assert.equal(await page.locator("text-editor .cm-specialChar").count(), 2);
  await look(page, "hidden-characters");
  await close();
});

test("a text that is broken stays as it is, and the form waits", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  await paste(page, `${cluster("shop", HOST_SPEC)}  components: [\n`);
  await settled(page);
  assert.ok((await told(page)).errors > 0);
  await look(page, "broken-text");
  await close();
});
