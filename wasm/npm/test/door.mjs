// Takes cases through the package, one JSON a line in, one out: `node door.mjs node|chromium`.

import { createInterface } from "node:readline";

/** Runs in both. A case has a text, or bytes that are no text. The answer is JSON: it may be deep. */
function take(given) {
  const { text, bytes, options, resources } = JSON.parse(given);
  const { clearance } = globalThis;
  try {
    for (const [digest, module] of Object.entries(options.policies?.modules ?? {})) {
      options.policies.modules[digest] = Uint8Array.from(atob(module), (letter) => letter.charCodeAt(0));
    }
    const input = bytes === undefined ? text : Uint8Array.from(bytes);
    const verdict = clearance.check(input, options);
    return JSON.stringify({ verdict, resources: resources ? clearance.resources(input, options) : [] });
  } catch (error) {
    return JSON.stringify({ error: String(error) });
  }
}

async function node() {
  globalThis.clearance = await import("@clearance/wasm");
  await globalThis.clearance.init();
  await globalThis.clearance.loadLanguage("zh");
  return { call: async (given) => take(given), end: async () => {} };
}

async function chromium() {
  const { open } = await import("./chromium.mjs");
  const { page, complaints, end } = await open();
  await page.evaluate(async () => {
    globalThis.clearance = await import("/dist/index.js");
    await globalThis.clearance.init();
    await globalThis.clearance.loadLanguage("zh");
  });
  const call = async (given) => {
    const answer = await page.evaluate(take, given);
    return complaints.length > 0 ? JSON.stringify({ error: complaints.join("; ") }) : answer;
  };
  return { call, end };
}

const door = await { node, chromium }[process.argv[2]]();
for await (const line of createInterface({ input: process.stdin })) {
  console.log(await door.call(line));
}
await door.end();
