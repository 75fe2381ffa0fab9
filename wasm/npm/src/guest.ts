// Runs a policy's module by the engine that is at hand: the host's side of Kubewarden's waPC protocol, and of
// a WASI without time, chance, environment, files and network. It carries: what came of a call is told by its
// kind, and the core has the sentence (`wasm/src/policies.rs`). Servers run modules by `crates/policy`, alike.

/** What the core wants to know of a policy. */
export interface Question {
  readonly id: number;
  /** Its place in the list. */
  readonly policy: number;
  readonly payload: string;
  /** The host's answers, in the order in which the policy asks. */
  readonly host: readonly { readonly good: boolean; readonly text: string }[];
}

/** What came of it, as the core hears it. */
export interface Outcome {
  readonly kind: string;
  readonly text?: string;
  readonly more?: string;
  readonly a?: number;
  readonly b?: number;
}

/** The longest answer, and what is kept of a log, in bytes. */
const ANSWER = 4 << 20;
const LOG = 64 << 10;
/** The longest name and question of a call to the host, and what WASI takes at once. */
const NAME = 1 << 10;
const MOST = 1 << 20;
const PAGE = 64 << 10;
/** Where pseudo-random numbers begin. */
const SEED = 0x9e3779b97f4a7c15n;
/** `errno` of WASI. */
const BAD_FILE = 8;
const NOT_SUPPORTED = 58;
const NOTHING = new Uint8Array();

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** What lets a guest go no further. */
class Ended extends Error {}

type Function = (...args: number[]) => number | void;

/** Asks a module, in an instance that nobody has used before. `limit` is the memory that it was compiled for. */
export function run(module: WebAssembly.Module, limit: number, { payload, host }: Pick<Question, "payload" | "host">): Outcome {
  const operation = encoder.encode("validate");
  const question = encoder.encode(payload);
  let exports: WebAssembly.Exports = {};
  let response: Uint8Array | undefined;
  let error: Uint8Array | undefined;
  let answer = NOTHING;
  let refusal = NOTHING;
  let log: string[] = [];
  let logged = 0;
  let random = SEED;
  let asked = 0;
  let started = false;
  let ended: Outcome | undefined;

  const end = (outcome: Outcome): never => {
    ended ??= outcome;
    throw new Ended();
  };
  const memory = () => new Uint8Array((exports["memory"] as WebAssembly.Memory | undefined)?.buffer ?? NOTHING.buffer);
  const place = (address: number, length: number): Uint8Array => {
    const all = memory();
    const [a, b] = [address >>> 0, length >>> 0];
    return a + b > all.length ? end({ kind: "pointer", a, b }) : all.subarray(a, a + b);
  };
  const read = (address: number, length: number, most: number): Uint8Array => {
    const bytes = place(address, length);
    return bytes.length > most ? end({ kind: "long", a: most }) : bytes.slice();
  };
  const write = (address: number, bytes: Uint8Array) => place(address, bytes.length).set(bytes);
  const text = (bytes: Uint8Array): string => {
    try {
      return strict.decode(bytes);
    } catch {
      return end({ kind: "utf8" });
    }
  };
  const note = (line: Uint8Array) => {
    const kept = line.subarray(0, LOG - logged);
    logged += kept.length;
    if (kept.length > 0) log.push(lenient.decode(kept));
  };
  /** SplitMix64. */
  const draw = () => {
    const low = (number: bigint) => BigInt.asUintN(64, number);
    random = low(random + SEED);
    let mixed = low((random ^ (random >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = low((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    return mixed ^ (mixed >> 31n);
  };
  const sizes = (count: number, size: number) => {
    write(count, new Uint8Array(4));
    write(size, new Uint8Array(4));
    return 0;
  };

  const wapc: Record<string, Function> = {
    __guest_request(at, to) {
      write(at!, operation);
      write(to!, question);
    },
    __guest_response: (at, length) => void (response = read(at!, length!, ANSWER)),
    __guest_error: (at, length) => void (error = read(at!, length!, ANSWER)),
    __console_log: (at, length) => note(read(at!, length!, ANSWER)),
    __host_call(...args) {
      const word = (index: number) => text(read(args[index]!, args[index + 1]!, NAME));
      const wanted = `${word(0)}/${word(2)}/${word(4)}`;
      const more = read(args[6]!, args[7]!, MOST);
      // Whoever has not begun yet is told nothing.
      if (!started) return 0;
      const { good, text: said } = host[asked++] ?? end({ kind: "wants", text: wanted, more: lenient.decode(more) });
      if (good) answer = encoder.encode(said);
      else refusal = encoder.encode(said);
      return Number(good);
    },
    __host_response_len: () => answer.length,
    __host_error_len: () => refusal.length,
    __host_response(at) {
      write(at!, answer);
      answer = NOTHING;
    },
    __host_error(at) {
      write(at!, refusal);
      refusal = NOTHING;
    },
  };
  const present: Record<string, Function> = {
    args_sizes_get: (count, size) => sizes(count!, size!),
    environ_sizes_get: (count, size) => sizes(count!, size!),
    args_get: () => 0,
    environ_get: () => 0,
    sched_yield: () => 0,
    clock_time_get(_id, _precision, at) {
      write(at!, new Uint8Array(8));
      return 0;
    },
    clock_res_get(_id, at) {
      write(at!, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0));
      return 0;
    },
    random_get(at, length) {
      if (length! >>> 0 > MOST) end({ kind: "long", a: MOST });
      const bytes = new DataView(new ArrayBuffer((length! + 7) & ~7));
      for (let index = 0; index < length!; index += 8) bytes.setBigUint64(index, draw(), true);
      write(at!, new Uint8Array(bytes.buffer, 0, length));
      return 0;
    },
    proc_exit: (code) => end({ kind: "exit", a: code! >>> 0 }),
    fd_fdstat_get(file, at) {
      if (file! < 0 || file! > 2) return BAD_FILE;
      // A character device without any right but to be written.
      const status = new Uint8Array(24);
      [status[0], status[8]] = [2, 0x40];
      write(at!, status);
      return 0;
    },
    fd_write(file, vectors, count, written) {
      if (file !== 1 && file !== 2) return BAD_FILE;
      const list = read(vectors!, count! * 8, MOST);
      const pieces = new DataView(list.buffer);
      let line = NOTHING;
      for (let index = 0; index < list.length; index += 8) {
        const piece = read(pieces.getUint32(index, true), pieces.getUint32(index + 4, true), MOST - line.length);
        line = joined(line, piece);
      }
      note(encoder.encode(lenient.decode(line).trimEnd()));
      const length = new DataView(new ArrayBuffer(4));
      length.setUint32(0, line.length, true);
      write(written!, new Uint8Array(length.buffer));
      return 0;
    },
  };
  const wasi = new Proxy(present, { get: (known, name: string) => known[name] ?? (() => (name.startsWith("fd_") ? BAD_FILE : NOT_SUPPORTED)) });

  try {
    ({ exports } = new WebAssembly.Instance(module, { wapc, wasi_snapshot_preview1: wasi, wasi_unstable: wasi } as WebAssembly.Imports));
    for (const start of ["_initialize", "_start", "wapc_init"]) {
      try {
        (exports[start] as Function | undefined)?.();
      } catch (thrown) {
        // A program that ends well has started well (TinyGo).
        if (ended?.kind !== "exit" || ended.a !== 0) throw thrown;
        ended = undefined;
      }
    }
    // Whether a module has started before the call or in it must make no difference.
    [random, log, logged, response, error, started] = [SEED, [], 0, undefined, undefined, true];
    const good = (exports["__guest_call"] as Function)(operation.length, question.length);
    if (ended) return ended;
    if (good !== 1) return { kind: "refused", text: lenient.decode(error ?? response) };
    return response ? { kind: "answer", text: text(response) } : { kind: "silent" };
  } catch (thrown) {
    if (ended) return ended;
    const { name, message } = thrown as Error;
    // Each engine has its own error for a stack that ends.
    if (name === "RangeError" || name === "InternalError") return { kind: "stack" };
    if (!(thrown instanceof WebAssembly.RuntimeError)) return { kind: "start", text: message };
    // No engine tells that memory was refused. Who gives up with most of it in use was.
    if (memory().length > limit / 2) return { kind: "memory" };
    return { kind: "trap", text: message, more: log.join("; ") };
  }
}

function joined(...parts: ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * A module whose memory ends at a limit, in bytes; nothing where it begins with more. The engine knows no
 * other way than what stands in the module, so that is written anew.
 */
export function bounded(bytes: Uint8Array<ArrayBuffer>, limit: number): Uint8Array<ArrayBuffer> | undefined {
  let at = 8;
  const number = () => {
    for (let [value, place] = [0, 1]; ; place *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * place;
      if (byte < 128) return value;
    }
  };
  const coded = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...coded(Math.floor(value / 128))]);
  const most = Math.floor(limit / PAGE);
  while (at < bytes.length) {
    const section = at;
    const id = bytes[at++];
    const size = number();
    const next = at + size;
    if (id === 5) {
      const count = number();
      const memories = coded(count);
      for (let index = 0; index < count; index++) {
        const flags = bytes[at++] ?? 0;
        const [least, own] = [number(), flags & 1 ? number() : most];
        if (least > most) return undefined;
        memories.push(flags | 1, ...coded(least), ...coded(Math.min(own, most)));
      }
      return joined(bytes.subarray(0, section), [5, ...coded(memories.length), ...memories], bytes.subarray(next));
    }
    at = next;
  }
  return bytes;
}
