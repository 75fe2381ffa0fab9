/** The page's side of the worker: questions in, promises out. */

import type { Tasks } from "./protocol";

type Name = keyof Tasks;
type Asked = { readonly id: number; readonly task: Name; readonly args: readonly unknown[] };
type Heard = { readonly id: number; readonly value?: unknown; readonly error?: string };

/** Why nothing can be judged: the worker or its WebAssembly did not start. */
export class NoCore extends Error {}

export class Judge {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private next = 0;
  private broken: NoCore | undefined;

  constructor(onBroken: (why: string) => void, onChanged: () => void) {
    this.worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const fail = (why: string) => {
      this.broken = new NoCore(why);
      for (const { reject } of this.waiting.values()) reject(this.broken);
      this.waiting.clear();
      onBroken(why);
    };
    this.worker.onerror = (event) => fail(event.message || "the worker did not load");
    this.worker.onmessage = ({ data }: MessageEvent<Heard | { broken: string } | "changed">) => {
      if (data === "changed") return onChanged();
      if ("broken" in data) return fail(data.broken);
      const waiting = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.error === undefined) waiting?.resolve(data.value);
      else waiting?.reject(new Error(data.error));
    };
  }

  ask<T extends Name>(task: T, ...args: Parameters<Tasks[T]>): Promise<ReturnType<Tasks[T]>> {
    if (this.broken) return Promise.reject(this.broken);
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.worker.postMessage({ id, task, args } satisfies Asked);
    });
  }
}

/** Runs one task at a time, and of those that come meanwhile only the last. */
export class Latest<A extends readonly unknown[]> {
  private running = false;
  private pending: A | undefined;

  constructor(private readonly run: (...args: A) => Promise<void>) {}

  async start(...args: A): Promise<void> {
    this.pending = args;
    if (this.running) return;
    this.running = true;
    try {
      while (this.pending) {
        const now = this.pending;
        this.pending = undefined;
        await this.run(...now);
      }
    } finally {
      this.running = false;
    }
  }
}
