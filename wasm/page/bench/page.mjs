// @ts-check
/** Measures the page in the browser, and prints JSON: how long it takes to be of use, and the longest time
 * that a keystroke in a long text keeps the page from doing anything else. */

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { browse, cluster, serve, settled } from "../support/browser.mjs";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const server = await serve();
const { browser, stop } = await browse();

/** From the address to rules that are loaded and a form that can be used, with nothing in the cache. @param {boolean} slow */
async function load(slow) {
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  if (slow) {
    const devtools = await context.newCDPSession(page);
    await devtools.send("Network.enable");
    // What Chrome's developer tools call fast 4G.
    await devtools.send("Network.emulateNetworkConditions", { offline: false, latency: 165, downloadThroughput: 1_012_500, uploadThroughput: 168_750 });
  }
  // The page's own clock says when: what it takes to ask for it is none of its time.
  await page.addInitScript(() => {
    const look = () => {
      const rules = document.querySelector("footer span:not(:empty)");
      const text = document.querySelector("text-editor")?.shadowRoot?.querySelector(".cm-content");
      if (rules && text) Object.assign(window, { ofUse: performance.now() });
      else requestAnimationFrame(look);
    };
    look();
  });
  await page.goto(server.address);
  const time = await (await page.waitForFunction(() => /** @type {any} */ (window).ofUse)).jsonValue();
  await context.close();
  return time;
}

/** The tasks of the page's thread while a person types into a text of 200 KB, in milliseconds. */
async function type() {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 } });
  const page = await context.newPage();
  await page.goto(server.address);
  await page.waitForSelector("footer span:not(:empty)", { state: "attached" });
  let text = "";
  for (let index = 0; text.length < 200_000; index++) {
    const spec = "apiServer: https://203.0.113.10:6443\nclusterType: physical\nusage: host\nprimaryDomain: shop.example\nclusterKind: kubernetes";
    text += `${index > 0 ? "---\n" : ""}${cluster(`cluster-${index}`, spec)}`;
  }
  await page.evaluate((text) => /** @type {any} */ (document.querySelector("clearance-page")).session.open(text, "all.yaml"), text);
  await settled(page);
  await page.locator("text-editor .cm-line", { hasText: "primaryDomain" }).first().click();
  await page.keyboard.press("End");
  await page.waitForTimeout(1000);
  const devtools = await browser.newBrowserCDPSession();
  /** @type {any[]} */ const events = [];
  devtools.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await devtools.send("Tracing.start", { traceConfig: { includedCategories: ["toplevel", "devtools.timeline", "__metadata"] }, transferMode: "ReportEvents" });
  for (let key = 0; key < 60; key++) {
    await page.keyboard.type("a");
    await page.waitForTimeout(60);
  }
  await page.waitForTimeout(1000);
  const complete = new Promise((resolve) => devtools.once("Tracing.tracingComplete", resolve));
  await devtools.send("Tracing.end");
  await complete;
  await context.close();
  const mains = events.filter((event) => event.name === "thread_name" && event.args.name === "CrRendererMain").map((event) => `${event.pid}:${event.tid}`);
  const tasks = events.filter((event) => event.ph === "X" && /RunTask/.test(event.name) && mains.includes(`${event.pid}:${event.tid}`))
    // The thread's own time: what other programs of this machine take away in between is not the page's.
    .map((event) => (event.tdur ?? event.dur) / 1000);
  return tasks.sort((a, b) => b - a);
}

/** @param {number[]} times */
const median = (times) => [...times].sort((a, b) => a - b)[times.length >> 1];

const loads = [];
const slow = [];
for (let run = 0; run < 5; run++) loads.push(await load(false));
for (let run = 0; run < 3; run++) slow.push(await load(true));
const tasks = await type();
const bytes = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.name.endsWith(".gz"))
  .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
console.log(JSON.stringify({ bytes, load: median(loads), slow: median(slow), longest: tasks[0] ?? 0, over: tasks.filter((task) => task > 16).length, tasks: tasks.length }));
await stop();
await server.stop();
