// @ts-check
/** Registering from the page, at the registrar that `clearance serve` has behind it. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";

import { HOST, browse, folder, guideKubeconfig, look, open, paste, serve, settled, textOf } from "../support/browser.mjs";

/** @type {Awaited<ReturnType<typeof serve>>} */ let server;
/** @type {Awaited<ReturnType<typeof browse>>} */ let browsing;

before(async () => { server = await serve(); browsing = await browse(); });
after(async () => { await browsing?.stop(); await server?.stop(); });

/** The clusters that the registrar has. */
async function registered() {
  const answer = await fetch(`${server.address}/api/v1/clusters`, { headers: { authorization: `Bearer ${server.token}` } });
  assert.equal(answer.status, 200);
  return (await answer.json()).items.map((/** @type {{ name: string }} */ item) => item.name);
}

test("a cluster is registered with the token that is typed, and the token is kept nowhere", async () => {
  const { page, context, faults, close } = await open(browsing.browser, server.address);
  await paste(page, HOST);
  await page.locator("#kubeconfig-file").setInputFiles(join(folder({ config: guideKubeconfig() }), "config"));
  await page.locator(".facts").waitFor();
  await page.locator("#register").click();
  await look(page, "register");
  const answer = page.locator("#register-answer");
  const send = page.locator("#register-dialog button[value=send]");

  await page.locator("#register-token").fill("glpat-of-nobody");
  await send.click();
  await answer.filter({ hasText: "token" }).waitFor();
  await look(page, "register-refused");
  assert.deepEqual(await registered(), []);

  assert.match(server.token, /^[0-9a-f]{64}$/);
  await page.locator("#register-token").fill(server.token);
  // While it is sent nothing of it is in the address.
  const [request] = await Promise.all([page.waitForRequest((request) => request.method() === "POST"), send.click()]);
  assert.equal(request.url(), `${server.address}/api/v1/clusters/cluster-host`);
  await answer.filter({ hasText: "cluster-host" }).waitFor();
  await look(page, "registered");
  assert.deepEqual(await registered(), ["cluster-host"]);
  assert.equal(await page.locator("#register-token").inputValue(), "");

  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "register");
  await page.locator("#link").click();
  await page.locator(".notice").waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await open(browsing.browser, server.address, { hash: link.slice(link.indexOf("#")) });
  await settled(other.page);
  assert.equal(await textOf(other.page), HOST);
  await other.close();
  // What is kept is kept after a pause.
  await page.waitForFunction(() => localStorage.getItem("clearance.draft")?.includes("cluster-host"));
  const kept = await page.evaluate(async () => {
    const urls = [];
    for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) urls.push(request.url);
    return { storage: JSON.stringify([{ ...localStorage }, { ...sessionStorage }]), databases: await indexedDB.databases(), urls, cookies: document.cookie };
  });
  assert.deepEqual(kept.databases, []);
  assert.equal(kept.cookies, "");
  assert.ok(![link, page.url(), kept.storage, ...kept.urls].some((place) => place.includes(server.token)));
  assert.ok(!kept.urls.some((url) => url.includes("/api/")), "no answer of the registrar is kept");
  assert.ok(!(await context.storageState()).origins.some((origin) => JSON.stringify(origin).includes(server.token)));
  // The browser itself tells of the answer to the wrong token.
  faults.splice(0, faults.length, ...faults.filter((fault) => !/status of 401/.test(fault)));
  await close();
});

test("what is judged as a deletion is not registered", async () => {
  const { page, close } = await open(browsing.browser, server.address);
  await paste(page, HOST.replace("https://", "http://"));
  await page.locator("#register").waitFor();
  await page.locator("#compare").click();
  await page.locator(".pane.form input[type=checkbox]").check();
  await settled(page);
  assert.equal(await page.locator("#register").count(), 0);
  await page.locator(".pane.form input[type=checkbox]").uncheck();
  await page.locator("#register").waitFor();
  await close();
});

test("where no registrar is behind the page, there is no button", async () => {
  const alone = await serve("webhook", "page");
  const { page, close } = await open(browsing.browser, alone.address);
  const answered = page.waitForResponse((response) => response.url().endsWith("/api/v1/clusters"));
  await page.reload();
  assert.equal((await answered).status(), 404);
  await paste(page, HOST);
  assert.equal(await page.locator("#register").count(), 0);
  await close();
  await alone.stop();
});
