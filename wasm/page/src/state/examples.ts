/** The request bodies of the guides, as printed: faults and all. They are a file of their own, loaded when asked for. */

import { type Example, names } from "virtual:examples";
import address from "virtual:examples-address";

import type { Language } from "../judge/protocol";
import { words } from "../words";
import type { Session } from "./session";

export function examples(language: Language): readonly Example[] {
  return names.filter((example) => example.language === language);
}

export async function openExample(session: Session, example: Example): Promise<void> {
  try {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(answer.statusText);
    const texts = (await answer.json()) as Record<string, string>;
    const text = texts[example.case]!.replaceAll("$KUBECONFIG$", written(texts["kubeconfig"]!));
    session.open(text, `${example.name}.json`, example.name);
  } catch {
    session.update({ notice: words(session.language).unreadFile(example.name) });
  }
}

/** A kubeconfig as a request carries it. */
function written(plain: string): string {
  return btoa(plain.replace(/<([^>]*)>/g, (_, data: string) => btoa(data)));
}
