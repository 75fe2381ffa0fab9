/** What stays on this machine between visits. A browser may refuse to keep anything: then nothing is kept,
 * and the page says so once. */

const PREFIX = "clearance.";

export interface Draft {
  readonly text: string;
  readonly file: string;
  readonly name: string;
  /** Who wrote it: another tab's draft is not taken for one's own. */
  readonly tab: string;
  readonly at: number;
}

/** Tells tabs apart. */
export const TAB = Math.random().toString(36).slice(2);

export function keep(key: string, value: unknown): boolean {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function kept<T>(key: string): T | undefined {
  try {
    const value = localStorage.getItem(PREFIX + key);
    return value === null ? undefined : (JSON.parse(value) as T);
  } catch {
    return undefined;
  }
}

export function forget(key: string): void {
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // What could not be kept need not be forgotten.
  }
}

/** Hears what another tab keeps. */
export function onKept(key: string, heard: (value: unknown) => void): void {
  window.addEventListener("storage", (event) => {
    if (event.key === PREFIX + key && event.newValue !== null) heard(JSON.parse(event.newValue));
  });
}
