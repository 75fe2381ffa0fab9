import type { Language } from "../judge/protocol";
import { en, type Words } from "./en";
import { zh } from "./zh";

export type { Words } from "./en";

/** The page's own words in a language. */
export function words(language: Language): Words {
  return language === "zh" ? zh : en;
}
