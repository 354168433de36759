// The text filters of `huggingtweets generate`: what generation/filters.py, generation/copy_index.py and
// text/private.py do, on what they publish. Classes of characters and case folding come from Python, since
// JavaScript's differ. The verdicts are the same, but that every number is refused that may be one of a phone
// or card: the numbers of all countries are not here.

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
  const email = new RegExp(data.patterns.email, "u");
  const spelt = new RegExp(data.patterns.spelt, "iu");
  const number = new RegExp(data.patterns.number, "u");
  const longWord = new RegExp(data.patterns.key, "gu");
  const change = new RegExp(data.patterns.change, "gu");
  const decimals = new Map(Object.entries(data.decimals));
  const handle = new RegExp(data.patterns.handle, "gu");
  const copies = data.copies.map((copy, number) => ({
    run: copy.run,
    shift: BigInt(64 - copy.bits),
    key: Uint8Array.from(copy.salt.match(/../g), (pair) => parseInt(pair, 16)),
    hashes: indexes[number],
  }));
  const familiar = data.handles.map(({ salt, bits, hashes }) => ({
    key: UTF8.encode(salt),
    shift: BigInt(64 - bits),
    hashes: new Set(hashes),
  }));

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
    return familiar.some(({ key, shift, hashes }) => hashes.has(hex(blake2b(plain, key), shift)));
  }

  /** A text as private details are looked for in it: in its compatible form, without invisible signs. */
  function compatible(text) {
    const visible = Array.from(text).filter((c) => !/\p{Cf}/u.test(c));
    return visible.map((c) => decimals.get(c) ?? c.normalize("NFKC")).join("");
  }

  function privateDetail(text) {
    if (email.test(text) || spelt.test(text)) return "holds an e-mail address";
    if (number.test(text)) return "holds a number that may be private";
    const words = Array.from(text.matchAll(longWord), ([match]) => match);
    const isKey = (one) => Array.from(one.matchAll(change)).length >= data.keyChanges;
    return words.some(isKey) ? "holds a secret key" : "";
  }

  /** Why a text may not be shown; "" where it may. */
  return function objection(text) {
    const words = Array.from(text.matchAll(word), ([match]) => folded(match).replaceAll("\u2019", "'"));
    if (copies.some((copy) => isCopied(words, copy))) return "copies a training post";
    const plain = compatible(text);
    const detail = privateDetail(plain);
    if (detail) return detail;
    const names = Array.from(plain.matchAll(handle), (match) => match[1]);
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

function hex(bytes, shift) {
  return (new DataView(bytes.buffer).getBigUint64(0) >> shift).toString(16).padStart(16, "0");
}
