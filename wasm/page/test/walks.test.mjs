// @ts-check
/** Each profile from an empty form to no finding, and each example of the guides to no error, using only
 * what the page tells: in English, in Chinese, in the dark, on a narrow screen. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { HOST, browse, corpus, folder, look, open, paste, serve, settled, told } from "../support/browser.mjs";

/** @type {Awaited<ReturnType<typeof serve>>} */ let server;
/** @type {Awaited<ReturnType<typeof browse>>} */ let browsing;

before(async () => { server = await serve(); browsing = await browse(); });
after(async () => { await browsing?.stop(); server?.stop(); });

const PROFILES = ["physical-host", "physical-worker-deployment", "physical-worker-pipeline", "virtual-worker-deployment", "virtual-worker-pipeline"];

const MANNERS = /** @type {const} */ ({
  english: {},
  chinese: { locale: "zh-CN" },
  dark: { colorScheme: "dark" },
  narrow: { viewport: { width: 360, height: 740 } },
});

for (const [manner, options] of Object.entries(MANNERS)) {
  test(`each profile, from an empty form to no finding: ${manner}`, async () => {
    for (const profile of PROFILES) {
      const { page, close } = await open(browsing.browser, server.address, options);
      const narrow = manner === "narrow";
      if (profile.startsWith("virtual")) {
        // The page says that a host cluster must be there, and how to bring what exists.
        await (narrow ? page.locator(".views button").nth(4) : page.locator("#tab-fleet")).click();
        await page.locator("#fleet-files").setInputFiles(join(folder({ "cluster-host.yaml": HOST }), "cluster-host.yaml"));
        await page.locator("table.fleet").waitFor();
        if (profile.endsWith("deployment")) await look(page, `${manner}-fleet`);
        await (narrow ? page.locator(".views button").first() : page.locator("#tab-problems")).click();
      } else if (profile === "physical-host") await look(page, `${manner}-start`);
      await page.locator(`[data-profile="${profile}"]`).click();
      await page.locator("cluster-form form").waitFor();
      if (profile === "virtual-worker-pipeline") await look(page, `${manner}-empty-form`);
      // Only what is marked as required is filled in, with what the field itself shows as an example.
      const required = page.locator("cluster-form .field:has(.need) input");
      const count = await required.count();
      assert.ok(count >= 2, `${count} required fields`);
      for (let index = 0; index < count; index++) {
        const field = required.nth(index);
        const example = (await field.getAttribute("placeholder")) ?? "";
        await field.fill(example);
      }
      await page.waitForSelector("#summary.fine");
      assert.deepEqual(await told(page), { errors: 0, warnings: 0, rules: [] }, profile);
      if (profile === "virtual-worker-pipeline") {
        await look(page, `${manner}-form`);
        await (narrow ? page.locator(".views button").nth(3) : page.locator("#tab-filled")).click();
        await look(page, `${manner}-filled`);
        await page.locator("#fill").click();
        await settled(page);
        assert.deepEqual(await told(page), { errors: 0, warnings: 0, rules: [] }, "filled in");
        await (narrow ? page.locator(".views button").nth(1) : page.locator("#tab-problems")).click();
        await look(page, `${manner}-text`);
      }
      await close();
    }
  });
}

test("each example of the guides, to no error by quick fixes", async () => {
  const cases = readdirSync(join(corpus, "guides")).filter((name) => /^(en|zh)-(?!template).*-as-printed$/.test(name));
  assert.equal(cases.length, 10);
  for (const name of cases) {
    const { page, close } = await open(browsing.browser, server.address, name.startsWith("zh") ? { locale: "zh-CN" } : {});
    await paste(page, readFileSync(join(corpus, "guides", name, "input.txt"), "utf8"));
    if (name === "en-physical-worker-pipeline-as-printed") await look(page, "guide-as-printed");
    for (let fixes = 0; (await told(page)).errors > 0; fixes++) {
      assert.ok(fixes < 20, `${name}: ${JSON.stringify(await told(page))}`);
      await page.locator(".problems li.error .fix").first().click();
      await settled(page);
    }
    if (name === "zh-physical-worker-pipeline-as-printed") await look(page, "guide-mended-chinese");
    await close();
  }
});
