/** What the session begins with, and what of it is kept. */

import type { Language } from "../judge/protocol";
import { words } from "../words";
import { type Draft, TAB, forget, keep, kept, onKept } from "./saved";
import { type Session, type Theme, withLines } from "./session";
import { unpack } from "./share";

/** A longer text is not kept: the browser has room for five megabytes in all. */
const LONGEST = 1 << 20;

export async function restore(session: Session): Promise<void> {
  const wish = kept<Language>("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
  session.language = wish === "zh" ? "zh" : "en";
  session.theme = kept<Theme>("theme") ?? "auto";
  let notice = "";
  try {
    if (await openLink(session)) return;
  } catch {
    notice = words(session.language).linkBroken;
  }
  const draft = kept<Draft>("draft");
  if (draft && typeof draft.text === "string" && draft.text.trim() !== "") {
    session.open(draft.text, draft.file, draft.name);
  }
  session.notice = notice;
}

/** Opens what a link holds; returns whether it is one. Fails where it is one and is broken. */
async function openLink(session: Session): Promise<boolean> {
  const shared = await unpack(location.hash);
  if (!shared) return false;
  session.old = shared.old === undefined ? undefined : withLines(shared.old);
  session.deletion = shared.deletion ?? false;
  session.open(shared.text, shared.file, shared.name);
  history.replaceState(null, "", location.pathname);
  return true;
}

export function persist(session: Session): void {
  let timer = 0;
  const state = () => [session.text, session.file, session.name].join("\0");
  let last = state();
  let told = false;
  session.watch(() => {
    keep("language", session.language);
    keep("theme", session.theme);
    const now = state();
    if (now === last) return;
    last = now;
    clearTimeout(timer);
    timer = window.setTimeout(() => void save(), 500);
  });
  const save = async () => {
    const isLong = session.text.length > LONGEST;
    if (isLong || session.text.trim() === "") forget("draft");
    // While nobody can say what is secret in it, what was kept before stays.
    const text = isLong ? undefined : await session.withoutSecrets().catch(() => undefined);
    if (session.unkept !== (text === undefined)) session.update({ unkept: text === undefined });
    if (text === undefined || text.trim() === "") return;
    const draft: Draft = { text, file: session.file, name: session.name, tab: TAB, at: Date.now() };
    if (!keep("draft", draft) && !told) {
      told = true;
      session.update({ notice: words(session.language).notKept });
    }
  };
  // A link may be opened where the page is already.
  window.addEventListener("hashchange", () => {
    openLink(session).catch(() => session.update({ notice: words(session.language).linkBroken }));
  });
  onKept("draft", (value) => {
    if ((value as Draft).tab !== TAB && session.started) session.update({ notice: words(session.language).otherTab });
  });
}

export function reset(session: Session): void {
  forget("draft");
  session.old = undefined;
  session.deletion = false;
  session.open("", "");
  session.started = false;
  session.update({ panel: "problems", rule: undefined, notice: words(session.language).resetDone });
}
