// @ts-check
/** Who uses the page: with a pointer, on a screen with room for one part at a time, or by keys alone. */

import assert from "node:assert/strict";

import { drop, paste, settled } from "./browser.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Locator} Locator */
/** @typedef {"form" | "text" | "problems" | "filled" | "fleet"} Part */

const PARTS = /** @type {Part[]} */ (["form", "text", "problems", "filled", "fleet"]);

/** @param {Page} page @param {{ narrow?: boolean, keys?: boolean }} how */
export function person(page, { narrow = false, keys = false } = {}) {
  /** Goes on by the key Tab until something has the focus. @param {Locator} locator */
  async function reach(locator) {
    await locator.first().waitFor({ state: "attached" });
    const wanted = await locator.first().elementHandle();
    for (let presses = 0; presses < 250; presses++) {
      if (await page.evaluate((wanted) => document.activeElement === wanted, wanted)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`the keyboard does not reach ${locator}`);
  }

  /** @param {Locator} locator */
  async function press(locator) {
    if (!keys) return locator.first().click();
    await reach(locator);
    await page.keyboard.press("Enter");
  }

  /** Brings a part of the page into view. @param {Part} part */
  async function see(part) {
    if (narrow) return page.locator(".views button").nth(PARTS.indexOf(part)).click();
    // Form and text stand beside each other.
    if (part === "form" || part === "text") return;
    if (!keys) return page.locator(`#tab-${part}`).click();
    await reach(page.locator("[role=tab][aria-selected=true]"));
    while (!(await page.evaluate((id) => document.activeElement?.id === id, `tab-${part}`))) await page.keyboard.press("ArrowRight");
  }

  /** @param {Locator} field @param {string} text */
  async function write(field, text) {
    if (!keys) return field.fill(text);
    await reach(field);
    await page.keyboard.press("Control+a");
    await page.keyboard.type(text);
  }

  /** Puts a text in the place of what stands there. @param {string} text */
  async function putText(text) {
    await see("text");
    if (!keys) return paste(page, text);
    await page.evaluate((text) => navigator.clipboard.writeText(text), text);
    await reach(page.locator(".pane.text text-editor"));
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Control+v");
    await settled(page);
  }

  /** Brings what else exists: a folder is dropped, or chosen where there is no pointer. @param {string} directory */
  async function bring(directory) {
    await see("fleet");
    if (keys) {
      // A browser that has only just begun may not open its dialog at the first key: a person presses it again.
      for (let presses = 1, chosen = false; !chosen; presses++) {
        await reach(page.locator("#fleet-folder"));
        const opened = page.waitForEvent("filechooser", { timeout: 10_000 }).catch(() => undefined);
        await page.keyboard.press("Enter");
        const chooser = await opened;
        chosen = chooser !== undefined;
        await chooser?.setFiles(directory);
        assert.ok(chosen || presses < 3, "the dialog for a folder opens by the key Enter");
      }
    } else await drop(page, [directory]);
    await page.locator("table.fleet").waitFor();
    await settled(page);
  }

  return { press, see, write, paste: putText, bring };
}
