// @ts-check
/** Policies of a few bytes, each for one fault: what `crates/policy/tests/host/guests.rs` has in text. */

/** @param {number} value @returns {number[]} */
const number = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...number(value >>> 7)]);
/** @param {string} text */
const name = (text) => [...number(text.length), ...Buffer.from(text)];
/** @param {number} id @param {number[][]} items */
const section = (id, items) => {
  const content = [...number(items.length), ...items.flat()];
  return [id, ...number(content.length), ...content];
};
/** A constant has a sign. @param {number} value @returns {number[]} */
const signed = (value) => (value < 64 ? [value] : [(value & 127) | 128, ...signed(value >> 7)]);

/**
 * A module that does something when it is asked to validate, and all else well.
 * @param {number[]} body What it does: instructions that leave a number.
 * @param {string} data What stands in its memory at 1024.
 */
export function guest(body, data = "") {
  const well = '{"valid":true}';
  const respond = [0x41, 16, 0x41, well.length, 0x10, 0, 0x41, 1];
  // `validate` has eight letters.
  const code = [0x20, 0, 0x41, 8, 0x46, 0x04, 0x40, ...body, 0x0f, 0x0b, ...respond, 0x0b];
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [[0x60, 2, 0x7f, 0x7f, 0], [0x60, 2, 0x7f, 0x7f, 1, 0x7f]]),
    ...section(2, [[...name("wapc"), ...name("__guest_response"), 0, 0]]),
    ...section(3, [[1]]),
    ...section(5, [[0, 2]]),
    ...section(7, [[...name("memory"), 2, 0], [...name("__guest_call"), 0, 1]]),
    ...section(10, [[...number(code.length + 1), 0, ...code]]),
    ...section(11, [[0, 0x41, 16, 0x0b, ...name(well)], [0, 0x41, ...signed(1024), 0x0b, ...number(Buffer.byteLength(data)), ...Buffer.from(data)]]),
  ]);
}

/** A guest that gives a fixed answer. @param {string} answer */
export function answering(answer) {
  return guest([0x41, ...signed(1024), 0x41, ...signed(Buffer.byteLength(answer)), 0x10, 0, 0x41, 1], answer);
}

export const ENDLESS = guest([0x03, 0x40, 0x0c, 0, 0x0b, 0x41, 1]);
export const TRAP = guest([0x00]);
/** Until no more is given, and then it gives up. */
export const BOMB = guest([0x03, 0x40, 0x41, 16, 0x40, 0, 0x41, 0x7f, 0x47, 0x0d, 0, 0x0b, 0x00]);
/** It passes what does not lie in its memory. */
export const OUTSIDE = guest([0x41, 0x7f, 0x41, 1, 0x10, 0, 0x41, 1]);
