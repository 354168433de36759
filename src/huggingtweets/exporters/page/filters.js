// The text filters of `huggingtweets generate`, with the same verdicts: what generation/filters.py and
// generation/copy_index.py do, on what they publish. Classes of characters and case folding come from Python,
// since JavaScript's differ.

import { blake2b } from "./blake2b.js";

const UTF8 = new TextEncoder();

/**
 * The filters of a bot.
 * @param data `filters` of bot.json.
 * @param indexes the copy indexes, sorted BigUint64Arrays, in the order of `data.copies`.
 */
export function makeFilters(data, indexes) {
  const folds = new Map(Object.entries(data.folds));
  const folded = (text) => Array.from(text, (c) => folds.get(c) ?? c).join("");
  const word = new RegExp(data.patterns.word, "gu");
  const digit = new RegExp(data.patterns.digit, "u");
  const address = new RegExp(data.patterns.address, "u");
  const phone = new RegExp(data.patterns.phone, "u");
  const handle = new RegExp(data.patterns.handle, "gu");
  const copies = data.copies.map((copy, number) => ({
    run: copy.run,
    shift: BigInt(64 - copy.bits),
    key: Uint8Array.from(copy.salt.match(/../g), (pair) => parseInt(pair, 16)),
    hashes: indexes[number],
  }));
  const familiar = data.handles.map(({ salt, hashes }) => ({ key: UTF8.encode(salt), hashes: new Set(hashes) }));

  function isCopied(words, { run, shift, key, hashes }) {
    for (let i = 0; i + run <= words.length; i++) {
      const part = words.slice(i, i + run);
      if (part.some((one) => digit.test(one))) continue;
      const hash = new BigUint64Array(blake2b(UTF8.encode(part.join("\0")), key).buffer)[0] >> shift;
      if (contains(hashes, hash)) return true;
    }
    return false;
  }

  function isFamiliar(name) {
    const plain = UTF8.encode(folded(name.replace(/^@+/, "")));
    return familiar.some(({ key, hashes }) => hashes.has(hex(blake2b(plain, key))));
  }

  /** Why a text may not be shown; "" where it may. */
  return function objection(text) {
    const words = Array.from(text.matchAll(word), ([match]) => folded(match).replaceAll("\u2019", "'"));
    if (copies.some((copy) => isCopied(words, copy))) return "copies a training post";
    if (address.test(text)) return "holds an e-mail address";
    if (phone.test(text)) return "holds a phone number";
    const names = Array.from(text.matchAll(handle), (match) => match[1]);
    return names.every(isFamiliar) ? "" : "names somebody's handle";
  };
}

function contains(sorted, value) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low < sorted.length && sorted[low] === value;
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
