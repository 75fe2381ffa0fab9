// A check of the text on standard input in Chromium, in turns with `yaml` and `ajv`, which do its
// structural part alone. Prints medians in microseconds, as JSON.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { open } from "./chromium.mjs";

const bundles = await mkdtemp(join(tmpdir(), "clearance-bench-"));
const peer = `
import Ajv from "ajv";
import { parse } from "yaml";
export const peer = (schema) => {
  const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);
  return (text) => validate(parse(text));
};
`;
await build({
  stdin: { contents: peer, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
  outfile: join(bundles, "peer.js"),
  bundle: true,
  minify: true,
  format: "esm",
});
// AJV compiles a schema into a function, which a strict policy does not let it.
const { page, end } = await open({ bundles }, { policy: false });
const medians = await page.evaluate(async (text) => {
  const { check, init, schema } = await import("/dist/index.js");
  const { peer } = await import("/bundles/peer.js");
  await init();
  const beside = peer(await schema("resource"));
  if (check(text).summary.errors > 0 || !beside(text)) {
    throw new Error("the text must be right for both");
  }
  const ways = { ours: () => check(text, { fileName: "cluster.yaml" }), theirs: () => beside(text) };
  const times = { ours: [], theirs: [] };
  for (let round = 0; round < 150; round += 1) {
    for (const [name, run] of Object.entries(ways)) {
      const start = performance.now();
      for (let times = 0; times < 20; times += 1) {
        run();
      }
      // The first rounds are for the compilers.
      if (round >= 50) {
        times[name].push(((performance.now() - start) * 1000) / 20);
      }
    }
  }
  const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
  return { ours: median(times.ours), theirs: median(times.theirs) };
}, await text(process.stdin));
await end();
await rm(bundles, { recursive: true });
console.log(JSON.stringify(medians));
