/** Policies run here, in a thread that can be ended. */

import { bounded, run, type Question } from "@clearance/wasm/dist/guest.js";

/** A module to be compiled, or one to be asked. */
type Asked = { bytes: Uint8Array<ArrayBuffer>; memory: number } | { module: WebAssembly.Module; memory: number; question: Question };

self.onmessage = async ({ data }: MessageEvent<Asked>) => {
  try {
    if ("bytes" in data) {
      const bytes = bounded(data.bytes, data.memory);
      return postMessage(bytes ? await WebAssembly.compile(bytes) : null);
    }
    // Whoever waits begins to count.
    postMessage("begun");
    postMessage(run(data.module, data.memory, data.question));
  } catch (error) {
    postMessage({ failed: String(error) });
  }
};
