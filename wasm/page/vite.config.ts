import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

import { examples } from "./build/examples.ts";
import { offline } from "./build/offline.ts";

/** What is used of CodeMirror without its trees. */
const LANGUAGE = fileURLToPath(new URL("src/editor/language.ts", import.meta.url));

export default defineConfig({
  // Relative addresses: the same files work at the root of a server and below it.
  base: "./",
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false, sourcemap: false },
  worker: { format: "es" },
  resolve: {
    alias: {
      "@clearance/wasm": fileURLToPath(new URL("../npm", import.meta.url)),
      "@codemirror/language": LANGUAGE,
      "@lezer/common": LANGUAGE,
    },
  },
  plugins: [examples(), offline()],
});
