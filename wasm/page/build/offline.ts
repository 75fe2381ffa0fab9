/** After the build: the service worker, which knows all files. */

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Plugin } from "vite";

/** What may be limited to the page's own files. Served by Clearance, the same stands in a header. */
const POLICY = [
  "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
  "worker-src 'self'", "manifest-src 'self'", "base-uri 'none'", "form-action 'none'",
].join("; ");

export function offline(): Plugin {
  let directory = "";
  return {
    name: "offline",
    apply: "build",
    configResolved(config) {
      directory = join(config.root, config.build.outDir);
    },
    transformIndexHtml: (html) => html.replace("<head>", `<head>\n    <meta http-equiv="content-security-policy" content="${POLICY}">`),
    closeBundle() {
      const files = readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name !== "sw.js")
        .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
        .sort();
      const hash = createHash("sha256");
      for (const file of files) hash.update(file).update(readFileSync(join(directory, file)));
      const version = hash.digest("hex").slice(0, 16);
      const worker = readFileSync(new URL("./sw.js", import.meta.url), "utf8")
        .replace("__VERSION__", version)
        .replace("__FILES__", JSON.stringify(files.filter((file) => file !== "index.html")));
      writeFileSync(join(directory, "sw.js"), worker);
    },
  };
}
