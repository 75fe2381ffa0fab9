/** The guides' examples, from the corpus: their names for the page, and their texts as one file that is
 * loaded when one is asked for. All of them carry the same kubeconfig, so it is in the file once. */

import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const GUIDES = fileURLToPath(new URL("../../../tests/corpus/guides/", import.meta.url));

export function examples(): Plugin {
  const cases = readdirSync(GUIDES).filter((name) => name.endsWith("-as-printed")).sort();
  const texts: Record<string, string> = {};
  for (const name of cases) {
    const text = readFileSync(`${GUIDES}${name}/input.txt`, "utf8");
    const [, kubeconfig] = /"kubeconfig": "([A-Za-z0-9+/=]{1000,})"/.exec(text) ?? [];
    if (kubeconfig) texts["kubeconfig"] ??= kubeconfig;
    texts[name] = kubeconfig && kubeconfig === texts["kubeconfig"] ? text.replace(kubeconfig, "$KUBECONFIG$") : text;
  }
  texts["kubeconfig"] = plain(texts["kubeconfig"] ?? "");
  const names = cases.map((name) => ({ case: name, language: name.slice(0, 2), name: name.slice(3, -"-as-printed".length) }));
  let reference = "";
  return {
    name: "examples",
    resolveId: (id) => (id.startsWith("virtual:examples") ? `\0${id}` : undefined),
    buildStart() {
      reference = this.emitFile({ type: "asset", name: "examples.json", source: JSON.stringify(texts) });
    },
    load(id) {
      if (id === "\0virtual:examples") return `export const names = ${JSON.stringify(names)};`;
      if (id === "\0virtual:examples-address") return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
      return undefined;
    },
  };
}

/** A kubeconfig without its Base64, which nothing makes smaller; `written` in `src/state/examples.ts` is the reverse. */
function plain(kubeconfig: string): string {
  const text = Buffer.from(kubeconfig, "base64").toString();
  return text.replace(/(?<=-data: )\S+/g, (data) => `<${Buffer.from(data, "base64").toString()}>`);
}
