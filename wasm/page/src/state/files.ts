/** Files from this machine: one is opened, several or a folder are the fleet. */

import { words } from "../words";
import { LONGEST, type Session } from "./session";

/** What a description may be written in. */
const TEXTS = /\.(ya?ml|json|txt)$/i;
/** What no clusters lie in, and what may hold many thousand files. */
const PASSED = /(^|\/)(\.git|node_modules)\//;
/** How many files are read between two looks at the clock. */
const BATCH = 64;

export interface Reading {
  readonly done: number;
  readonly all: number;
}

/** A file and its path below what was dropped. */
interface Found {
  readonly path: string;
  readonly file: () => Promise<File>;
}

/** Reads files into the fleet, and can be stopped. */
export class FolderReader {
  private stopped = false;

  constructor(private readonly session: Session, private readonly tell: (reading: Reading | undefined) => void) {}

  stop(): void {
    this.stopped = true;
  }

  async read(found: readonly Found[]): Promise<void> {
    const wanted = found.filter((one) => TEXTS.test(one.path) && !PASSED.test(one.path));
    let unread: string | undefined;
    this.tell({ done: 0, all: wanted.length });
    for (let at = 0; at < wanted.length && !this.stopped; at += BATCH) {
      const batch = await Promise.all(wanted.slice(at, at + BATCH).map(async (one) => {
        // What went away since it was listed, or may not be read, must not end the others.
        try {
          const file = await one.file();
          if (file.size <= LONGEST) return { path: one.path, text: await file.text() };
        } catch {
          // It is told below.
        }
        unread = one.path;
        return undefined;
      }));
      await this.session.addToFleet(batch.filter((file) => file !== undefined));
      this.tell({ done: Math.min(at + BATCH, wanted.length), all: wanted.length });
    }
    this.tell(undefined);
    const { fleet } = this.session;
    await this.session.seeFleet(this.stopped || unread !== undefined || fleet?.complete === false ? false : undefined);
    const say = words(this.session.language);
    if (this.stopped) this.session.update({ notice: say.cancelled });
    else if (unread !== undefined) this.session.update({ notice: say.unreadFile(unread) });
  }
}

let reader: FolderReader | undefined;
export let reading: Reading | undefined;

export function stopReading(): void {
  reader?.stop();
}

async function readFolder(session: Session, found: readonly Found[]): Promise<void> {
  reader = new FolderReader(session, (now) => {
    reading = now;
    session.update({ panel: "fleet" });
  });
  await reader.read(found);
}

/** What was dropped anywhere on the page. */
export async function openFiles(session: Session, transfer: DataTransfer): Promise<void> {
  // The entries are gone once this task ends.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null).filter((entry) => entry !== null);
  const [first] = entries;
  if (entries.length === 1 && first?.isFile) return openFile(session, await fileOf(first as FileSystemFileEntry));
  if (entries.length === 0) {
    const [file] = transfer.files;
    if (file) await openFile(session, file);
    return;
  }
  const found: Found[] = [];
  for (const entry of entries) await walk(entry, found);
  await readFolder(session, found);
}

export async function chosenFolder(session: Session, files: FileList): Promise<void> {
  await readFolder(session, [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file: () => Promise.resolve(file) })));
}

export async function openFile(session: Session, file: File): Promise<void> {
  const say = words(session.language);
  if (file.size > LONGEST) return session.update({ notice: say.tooLong(file.size) });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer());
  } catch (error) {
    return session.update({ notice: error instanceof TypeError ? say.binary(file.name) : say.unreadFile(file.name) });
  }
  if (text.includes("\0")) return session.update({ notice: say.binary(file.name) });
  session.open(text, file.name);
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

async function walk(entry: FileSystemEntry, found: Found[]): Promise<void> {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) return void found.push({ path, file: () => fileOf(entry as FileSystemFileEntry) });
  if (PASSED.test(`${path}/`)) return;
  const directory = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A browser gives a hundred at a time.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => directory.readEntries(resolve, reject));
    if (entries.length === 0) return;
    for (const one of entries) await walk(one, found);
  }
}
