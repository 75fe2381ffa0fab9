// @ts-check
/** What the walks stand on: the real server, the real browser, and what must hold whatever is done. */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Where screenshots go, to be looked at. */
const shots = process.env["CLEARANCE_SHOTS"] ?? join(root, "target/page");
const browserPath = process.env["CLEARANCE_CHROMIUM"] ?? "/usr/bin/chromium";
const binary = process.env["CLEARANCE_BIN"] ?? join(root, "target/debug/clearance");

export const corpus = join(root, "tests/corpus");

/** Cases with policies, and where the built modules lie. */
export const policyCases = join(root, "tests/policies");
export const modules = join(dirname(binary), "../policies");

/** The kubeconfig of the guides' examples. */
export function guideKubeconfig() {
  const text = readFileSync(join(corpus, "guides/en-physical-worker-pipeline-as-printed/input.txt"), "utf8");
  return Buffer.from(/"kubeconfig": "([^"]+)"/.exec(text)?.[1] ?? "", "base64").toString();
}

/** What `clearance check` finds. @param {string[]} words @returns {{ findings: { rule: string, severity: string, path: string, message: string, unchanged: boolean }[] }} */
export function check(words) {
  return JSON.parse(execFileSync(binary, ["check", "--format", "json", "--fail-on", "never", ...words], { encoding: "utf8" }));
}

/** @type {string[]} */
const scratches = [];
process.on("exit", () => { for (const directory of scratches) rmSync(directory, { recursive: true, force: true }); });

/** A new directory, which is gone when the tests are. */
export function scratch() {
  const directory = mkdtempSync(join(tmpdir(), "clearance-page-"));
  scratches.push(directory);
  return directory;
}

/** Writes files below a new directory; returns it. @param {Record<string, string>} files */
export function folder(files) {
  const directory = scratch();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

/** `clearance serve`, as a person starts it: with all doors, unless some are named. @param {string[]} doors */
export function serve(...doors) {
  return serveWith(doors.length > 0 ? ["--doors", doors.join(",")] : []);
}

/** The same, with more that is said to it. @param {string[]} words */
export async function serveWith(words) {
  const state = scratch();
  const child = spawn(binary, ["serve", ...words, "--listen", "127.0.0.1:0", "--listen-http", "127.0.0.1:0", "--state", state], { stdio: ["ignore", "pipe", "inherit"] });
  const [address, token] = await new Promise((resolve, reject) => {
    let banner = "";
    child.stdout.setEncoding("utf8").on("data", (/** @type {string} */ piece) => {
      banner += piece;
      const [, found] = /(http:\/\/127\.0\.0\.1:\d+)/.exec(banner) ?? [];
      if (!found) return;
      if (/not built/.test(banner)) reject(new Error("the page is not in the binary: run `cargo xtask page`, then build it again"));
      else if (/^ +page /m.test(banner)) resolve([found, /token: (\S+)/.exec(banner)?.[1] ?? ""]);
    });
    child.once("error", () => reject(new Error(`cannot run ${binary}: build it with \`cargo build --bin clearance\``)));
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${banner}`)));
  });
  return {
    address: /** @type {string} */ (address),
    /** The registrar's, which `serve` prints once; empty where there is no registrar. */
    token: /** @type {string} */ (token),
    async stop() {
      child.removeAllListeners("exit");
      // As Ctrl-C does: at once.
      child.kill("SIGINT");
      await once(child, "exit");
    },
  };
}

export async function browse() {
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  }).catch((error) => {
    throw new Error(`no browser at ${browserPath} (Debian: \`apt-get install chromium\`): ${error}`);
  });
  return { browser, async stop() { await browser.close(); } };
}

/**
 * A page that fails the test on what must never happen: a request elsewhere, an error of a script, what
 * the policy refused.
 * @param {import("playwright-core").Browser} browser
 * @param {string} address
 * @param {import("playwright-core").BrowserContextOptions & { hash?: string }} [options]
 */
export async function open(browser, address, { hash = "", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, locale: "en-GB", permissions: ["clipboard-read", "clipboard-write"], ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  /** @type {string[]} */
  const faults = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== address && !["blob:", "data:"].includes(url.protocol)) faults.push(`a request to ${request.url()}`);
  });
  page.on("pageerror", (error) => faults.push(`an error: ${error.stack ?? error.message}`));
  page.on("console", (message) => {
    // Whether a registrar is there, the page knows by the answer to a question without a token.
    if (message.type() === "error" && !message.location().url.endsWith("/api/v1/clusters")) faults.push(`told: ${message.text()}`);
  });
  await page.goto(`${address}/${hash}`);
  await page.waitForSelector("footer span:not(:empty)", { state: "attached" });
  return {
    page,
    context,
    faults,
    async close() {
      await context.close();
      assert.deepEqual(faults, []);
    },
  };
}

/** What the text says. @param {import("playwright-core").Page} page @returns {Promise<string>} */
export function textOf(page) {
  return page.evaluate(() => /** @type {any} */ (document.querySelector("clearance-page")).session.text);
}

/** Waits for the verdict on what stands there. @param {import("playwright-core").Page} page */
export async function settled(page) {
  await page.waitForFunction(() => {
    const { session } = /** @type {any} */ (document.querySelector("clearance-page"));
    return session.fresh && session.pending.size === 0;
  });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** Puts a text where the text is, as a paste does. @param {import("playwright-core").Page} page @param {string} text */
export async function paste(page, text) {
  await page.evaluate((text) => navigator.clipboard.writeText(text), text);
  await page.locator(".pane.text text-editor .cm-content").focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Control+v");
  await settled(page);
}

/** Errors and warnings, as the page tells them. @param {import("playwright-core").Page} page */
export async function told(page) {
  await settled(page);
  return page.evaluate(() => {
    const { verdict } = /** @type {any} */ (document.querySelector("clearance-page")).session;
    return { errors: verdict.errors, warnings: verdict.warnings, rules: verdict.findings.map((/** @type {any} */ finding) => `${finding.rule} ${finding.display ?? ""}`) };
  });
}

/** A screenshot, no violation of WCAG 2.2 AA, and nothing that must be scrolled sideways. @param {import("playwright-core").Page} page @param {string} name */
export async function look(page, name) {
  await settled(page);
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`) });
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const { violations } = await /** @type {any} */ (window).axe.run({ runOnly: { type: "tag", values: tags } });
    return violations.map((/** @type {any} */ one) => `${one.id}: ${one.nodes.map((/** @type {any} */ node) => `${node.target} ${node.any[0]?.message ?? ""}`).slice(0, 3).join(" | ")}`);
  });
  assert.deepEqual(violations, [], `${name}: violations of WCAG 2.2 AA`);
  // Only a text that is shown as it stands may be wider than its place.
  const wide = await page.evaluate(() => [...document.querySelectorAll("clearance-page, header, .notices, .scroll, dialog[open]")]
    .filter((place) => place.scrollWidth > place.clientWidth && place.clientWidth > 0).map((place) => `${place.tagName}.${place.className}`));
  assert.deepEqual(wide, [], `${name}: wider than the screen`);
}

/** Drops files or a folder of this machine on the page. @param {import("playwright-core").Page} page @param {string[]} paths @param {string} [place] */
export async function drop(page, paths, place) {
  const devtools = await page.context().newCDPSession(page);
  if (place !== undefined) await page.locator(place).first().scrollIntoViewIfNeeded();
  const box = place === undefined ? null : await page.locator(place).first().boundingBox();
  const at = { x: box ? box.x + box.width / 2 : 300, y: box ? box.y + box.height / 2 : 300, data: { items: [], files: paths, dragOperationsMask: 1 } };
  for (const type of /** @type {const} */ (["dragEnter", "dragOver", "drop"])) await devtools.send("Input.dispatchDragEvent", { type, ...at });
  await devtools.detach();
}

/** A cluster as a file of the tenant repository. @param {string} name @param {string} spec */
export function cluster(name, spec) {
  return `apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata:\n  name: ${name}\n  namespace: nautes\nspec:\n${spec.trim().split("\n").map((line) => `  ${line.trim()}`).join("\n")}\n`;
}

export const HOST = cluster("cluster-host", "apiServer: https://203.0.113.10:6443\nclusterType: physical\nusage: host\nclusterKind: kubernetes");
