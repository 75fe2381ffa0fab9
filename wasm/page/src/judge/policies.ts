/** An organisation's policies, as the server of this page hands them on. They run in a worker of their own,
 * which is ended when one of them takes too long: nothing else stops what runs in a browser. */

import type { Outcome, Question } from "@clearance/wasm/dist/guest.js";

/** What is read here of the list; the core reads the rest. */
interface Listed {
  readonly module: string | null;
  readonly time: number;
  readonly memory: number;
}

/** Policies that can be asked. */
interface Loaded {
  /** As the server wrote it. */
  readonly list: string;
  readonly listed: readonly Listed[];
  /** A module for each; nothing where it begins with more memory than it may have. */
  readonly modules: readonly (WebAssembly.Module | null)[];
  /** Why there may be more that cannot be asked. */
  readonly unasked: string;
}

const NONE: Loaded = { list: '{"digest":"","policies":[]}', listed: [], modules: [], unasked: "" };
/** How long a list counts as fresh, in milliseconds. */
const PAUSE = 5_000;
/** What a call may take beyond its time: the first one of a module compiles it. */
const SLACK = 100;

export class Policies {
  private now = NONE;
  /** What the server said last; nothing where it never answered. */
  private heard: string | undefined;
  private looked = -PAUSE;
  private guest: Worker | undefined;
  private last: Promise<unknown> = Promise.resolve();

  get list(): string {
    return this.now.list;
  }

  get count(): number {
    return this.now.listed.length;
  }

  /** Why there may be policies that are not asked; empty where all is well. */
  get unasked(): string {
    return this.now.unasked;
  }

  /** Looks whether other policies hold by now; returns them if so. */
  async look(): Promise<Loaded | undefined> {
    if (performance.now() - this.looked < PAUSE) return undefined;
    this.looked = performance.now();
    let list: string;
    try {
      const answer = await fetch(address("policies.json"), { cache: "no-cache" });
      if (!answer.ok && answer.status !== 404) throw new Error(`${answer.status}`);
      // Where files alone are served there are none, and some servers then answer with a page.
      list = answer.ok && /json/.test(answer.headers.get("content-type") ?? "") ? await answer.text() : NONE.list;
    } catch (error) {
      // What held when somebody last answered goes on to hold.
      return this.heard === undefined ? { ...NONE, unasked: String(error) } : undefined;
    }
    if (list === this.heard && this.unasked === "") return undefined;
    this.heard = list;
    try {
      const listed = (JSON.parse(list) as { policies: Listed[] }).policies;
      const modules = [];
      for (const policy of listed) modules.push(await this.load(policy));
      return { list, listed, modules, unasked: "" };
    } catch (error) {
      return { ...NONE, unasked: String(error) };
    }
  }

  /** From now on these hold. */
  take(loaded: Loaded): void {
    this.now = loaded;
  }

  /** Asks none of them any more, until the server is looked at again. */
  drop(why: unknown): void {
    this.now = { ...NONE, unasked: String(why) };
  }

  ask(question: Question): Promise<Outcome> {
    const [module, policy] = [this.now.modules[question.policy], this.now.listed[question.policy]];
    if (!module || !policy) return Promise.resolve({ kind: "memory" });
    return this.call<Outcome>({ module, memory: policy.memory, question }, policy.time);
  }

  private async load({ module, memory }: Listed): Promise<WebAssembly.Module | null> {
    if (module === null) return null;
    const answer = await fetch(address(`policies/${module}.wasm`));
    if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
    return this.call({ bytes: new Uint8Array(await answer.arrayBuffer()), memory });
  }

  /** One at a time: the worker says of no answer whose it is. */
  private call<T>(message: object, time = 0): Promise<T> {
    const called = this.last.then(() => this.callNow<T>(message, time));
    this.last = called.catch(() => undefined);
    return called;
  }

  private callNow<T>(message: object, time: number): Promise<T> {
    const guest = (this.guest ??= new Worker(new URL("./guest.ts", import.meta.url), { type: "module" }));
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout>;
      const stop = () => {
        guest.terminate();
        this.guest = undefined;
      };
      guest.onmessage = ({ data }: MessageEvent) => {
        if (data === "begun") {
          timer = setTimeout(() => {
            stop();
            resolve({ kind: "time" } as T);
          }, time + SLACK);
          return;
        }
        clearTimeout(timer);
        if (data?.failed) reject(new Error(data.failed));
        else resolve(data);
      };
      guest.onerror = (event) => {
        stop();
        reject(new Error(event.message || "the worker for policies did not load"));
      };
      guest.postMessage(message);
    });
  }
}

/** A file beside the page. The worker's own lies below it. */
function address(file: string): URL {
  return new URL(`../${file}`, self.location.href);
}
