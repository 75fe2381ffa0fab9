/** What the session begins with, and what of it is kept. */

import type { Language } from "../judge/protocol";
import { words } from "../words";
import { type Draft, TAB, forget, keep, kept, onKept } from "./saved";
import type { Session, Theme } from "./session";
import { unpack } from "./share";

/** A longer text is not kept: the browser has room for five megabytes in all. */
const LONGEST = 1 << 20;

export async function restore(session: Session): Promise<void> {
  const wish = kept<Language>("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
  session.language = wish === "zh" ? "zh" : "en";
  session.theme = kept<Theme>("theme") ?? "auto";
  let notice = "";
  try {
    const shared = await unpack(location.hash);
    if (shared) {
      session.old = shared.old;
      session.deletion = shared.deletion ?? false;
      session.open(shared.text, shared.file, shared.name);
      history.replaceState(null, "", location.pathname);
      return;
    }
  } catch {
    notice = words(session.language).linkBroken;
  }
  const draft = kept<Draft>("draft");
  if (draft && typeof draft.text === "string" && draft.text.trim() !== "") {
    session.open(draft.text, draft.file, draft.name);
  }
  session.notice = notice;
}

export function persist(session: Session): void {
  let timer = 0;
  let last = session.text;
  let told = false;
  session.watch(() => {
    keep("language", session.language);
    keep("theme", session.theme);
    if (session.text === last) return;
    last = session.text;
    clearTimeout(timer);
    timer = window.setTimeout(() => void save(), 500);
  });
  const save = async () => {
    if (session.text.trim() === "") return forget("draft");
    if (session.text.length > LONGEST) return forget("draft");
    // While nobody can say what is secret in it, what was kept before stays.
    const text = await session.withoutSecrets().catch(() => undefined);
    if (text === undefined) return;
    const draft: Draft = { text, file: session.file, name: session.name, tab: TAB, at: Date.now() };
    if (!keep("draft", draft) && !told) {
      told = true;
      session.update({ notice: words(session.language).notKept });
    }
  };
  onKept("draft", (value) => {
    if ((value as Draft).tab !== TAB && session.started) session.update({ notice: words(session.language).otherTab });
  });
}

export function reset(session: Session): void {
  forget("draft");
  session.old = undefined;
  session.deletion = false;
  session.kubeconfig = undefined;
  session.facts = undefined;
  session.open("", "");
  session.started = false;
  session.update({ panel: "problems", rule: undefined, notice: words(session.language).resetDone });
}
