// @ts-check
/** Each profile from an empty form to no finding, each example of the guides to no error, and a clash in a
 * folder to none, using only what the page tells: in English with all doors behind it, in Chinese, in the
 * dark, on a narrow screen, and by keyboard alone. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { HOST, browse, cluster, corpus, folder, look, open, serve, settled, textOf, told } from "../support/browser.mjs";
import { person } from "../support/person.mjs";

/** @type {Awaited<ReturnType<typeof serve>>} */ let server;
/** @type {Awaited<ReturnType<typeof browse>>} */ let browsing;

before(async () => { server = await serve(); browsing = await browse(); });
after(async () => { await browsing?.stop(); await server?.stop(); });

const PROFILES = ["physical-host", "physical-worker-deployment", "physical-worker-pipeline", "virtual-worker-deployment", "virtual-worker-pipeline"];
const EXAMPLES = readdirSync(join(corpus, "guides")).filter((name) => /^(en|zh)-(?!template).*-as-printed$/.test(name));
const CLEAN = { errors: 0, warnings: 0, rules: [] };

/** @type {Record<string, { options?: import("playwright-core").BrowserContextOptions, how?: { narrow?: boolean, keys?: boolean } }>} */
const MANNERS = {
  english: {},
  chinese: { options: { locale: "zh-CN" } },
  dark: { options: { colorScheme: "dark" } },
  narrow: { options: { viewport: { width: 360, height: 740 } }, how: { narrow: true } },
  keyboard: { how: { keys: true } },
};

for (const [manner, { options, how }] of Object.entries(MANNERS)) {
  test(`each profile, from an empty form to no finding: ${manner}`, async () => {
    const { page, close } = await open(browsing.browser, server.address, options);
    const { press, see, write, bring } = person(page, how);
    await look(page, `${manner}-start`);
    for (const profile of PROFILES) {
      // The page says that a host cluster must be there, and how to bring what exists.
      if (profile === "virtual-worker-deployment") {
        await bring(folder({ "clusters/cluster-host.yaml": HOST }));
        await look(page, `${manner}-fleet`);
        await see("problems");
        await see("form");
      }
      await press(page.locator(`[data-profile="${profile}"]`));
      await page.locator("cluster-form form").waitFor();
      await settled(page);
      if (profile === "virtual-worker-pipeline") await look(page, `${manner}-empty-form`);
      // Only what is marked as required is filled in, with what the field itself shows as an example.
      const required = page.locator("cluster-form .field:has(.need) input");
      const count = await required.count();
      assert.ok(count >= 2, `${count} required fields`);
      for (let index = 0; index < count; index++) {
        const field = required.nth(index);
        await write(field, (await field.getAttribute("placeholder")) ?? "");
      }
      await page.waitForSelector("#summary.fine");
      assert.deepEqual(await told(page), CLEAN, profile);
      if (profile === "virtual-worker-pipeline") {
        await look(page, `${manner}-form`);
        await see("filled");
        await look(page, `${manner}-filled`);
        await press(page.locator("#fill"));
        await settled(page);
        assert.deepEqual(await told(page), CLEAN, "filled in");
        await see("problems");
        await see("text");
        await look(page, `${manner}-text`);
      }
      await see("form");
      await press(page.locator("#start-again"));
      await page.locator(".start").waitFor();
    }
    await close();
  });

  test(`each example of the guides, to no error by quick fixes: ${manner}`, async () => {
    assert.equal(EXAMPLES.length, 10);
    const { page, close } = await open(browsing.browser, server.address, options);
    const { press, see, paste } = person(page, how);
    for (const name of EXAMPLES) {
      await paste(readFileSync(join(corpus, "guides", name, "input.txt"), "utf8"));
      await see("problems");
      const isSeen = name === "en-physical-worker-pipeline-as-printed";
      if (isSeen) await look(page, `${manner}-guide-as-printed`);
      for (let fixes = 0; (await told(page)).errors > 0; fixes++) {
        assert.ok(fixes < 20, `${name}: ${JSON.stringify(await told(page))}`);
        await press(page.locator(".problems li.error .fix"));
        await settled(page);
      }
      if (isSeen) await look(page, `${manner}-guide-mended`);
    }
    await close();
  });

  test(`a clash in a folder, resolved by the port that is offered: ${manner}`, async () => {
    const { page, close } = await open(browsing.browser, server.address, options);
    const { press, see, bring } = person(page, how);
    const virtual = "apiServer: https://203.0.113.10:31443\nclusterType: virtual\nusage: worker\nworkerType: deployment\nhostCluster: cluster-host";
    await bring(join(folder({
      "nautes/clusters/cluster-host.yaml": HOST,
      "nautes/clusters/shop-test.yaml": cluster("shop-test", virtual),
      "nautes/clusters/shop-stage.yaml": cluster("shop-stage", virtual),
      "README.md": "no cluster",
    }), "nautes"));
    assert.equal(await page.locator("table.fleet td.error").count(), 2);
    await look(page, `${manner}-fleet-clash`);
    await press(page.locator("table.fleet tbody button", { hasText: "shop-stage" }));
    await settled(page);
    await see("problems");
    assert.deepEqual((await told(page)).rules.filter((rule) => rule.startsWith("port-already-used")).length, 1);
    await look(page, `${manner}-clash`);
    await press(page.locator(".problems .fix", { hasText: "31444" }));
    await settled(page);
    assert.deepEqual(await told(page), CLEAN);
    assert.match(await textOf(page), /apiServer: https:\/\/203\.0\.113\.10:31444/);
    await close();
  });
}
