// The text filters of `huggingtweets generate`: what generation/filters.py, generation/copy_index.py,
// text/repetition.py and text/private.py do, on what they publish. Classes of characters and case folding come from
// Python, since those of JavaScript differ. Of numbers more is refused: whether a country has a number is not known here.

import { blake2b } from "./blake2b.js";

export const NOTHING_ADDED = "adds nothing to its beginning";
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
  const handle = new RegExp(data.patterns.handle, "gu");
  const row = new RegExp(data.repetition.row, "su");
  const findPrivate = makePrivateFilter(data);
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
    const content = UTF8.encode(folded(name.replace(/^@+/, "")));
    return familiar.some(({ key, shift, hashes }) => hashes.has(firstBits(blake2b(content, key), shift)));
  }

  const wordsOf = (text) => Array.from(text.matchAll(word), ([match]) => folded(match).replaceAll("\u2019", "'"));
  const isRepetitive = (text, words) => row.test(text) || repeatsItself(words, data.repetition);

  /** Why a text that begins so may not be shown; "" where it may. A prompt that repeats itself refuses no text. */
  return function objection(text, prompt = "") {
    const words = wordsOf(text);
    if (copies.some((copy) => isCopied(words, copy))) return "copies a training post";
    const shown = plain(text, data.decimals);
    const found = findPrivate(shown);
    if (found) return found;
    const names = Array.from(shown.matchAll(handle), (match) => match[1]);
    if (!names.every(isFamiliar)) return "names somebody's handle";
    if (isRepetitive(text, words) && !isRepetitive(prompt, wordsOf(prompt))) return "repeats itself";
    return text.trim() === prompt.trim() ? NOTHING_ADDED : "";
  };
}

/** Whether more than a share of a text's runs of different words stand earlier in it. */
function repeatsItself(words, { run, most }) {
  const runs = words.slice(run - 1).map((_, at) => words.slice(at, at + run));
  const different = runs.filter((one) => new Set(one).size === run).map((one) => one.join("\0"));
  return different.length - new Set(different).size > most * runs.length;
}

/** The text in its compatible form, without signs that are not seen. */
function plain(text, decimals) {
  return Array.from(text, (c) => (/\p{Cf}/u.test(c) ? "" : decimals[c] ?? c.normalize("NFKC"))).join("");
}

/** A function that says which private detail comes first in a text; "" where there is none. */
function makePrivateFilter({ patterns }) {
  const regex = (name, flags) => new RegExp(patterns[name], flags);
  const whole = (name) => new RegExp(`^(?:${patterns[name]})$`, "u");
  const [date, key] = [regex("date", "u"), regex("key", "u")];
  const card = whole("card");
  const amounts = [whole("amount"), whole("round_amount"), whole("series")];

  function numberKind(number) {
    const digits = number.replace(/\D/g, "");
    const other = date.test(number) || amounts.some((amount) => amount.test(number));
    if (digits.length <= 15 && (number.startsWith("+") || !other)) return "holds a phone number";
    return holdsCard(number) ? "holds a card number" : "";
  }

  function holdsCard(number) {
    const groups = Array.from(number.matchAll(/[0-9]+/g));
    const end = ({ 0: digits, index }) => index + digits.length;
    const runs = groups.flatMap((first, at) => groups.slice(at).map((last) => number.slice(first.index, end(last))));
    return runs.some((run) => card.test(run) && hasCheckDigit(run.replace(/\D/g, "")));
  }

  const isKey = (match) => !/^[#@]/.test(match) && key.test(match);

  const kinds = [
    [regex("email", "gu"), () => "holds an e-mail address"],
    [regex("spelt_email", "giu"), () => "holds an e-mail address"],
    [regex("email_link", "giu"), () => "holds an e-mail address"],
    [regex("phone_link", "giu"), () => "holds a phone number"],
    [regex("number", "gu"), (match) => numberKind(match.trim())],
    [regex("marked_key", "gu"), () => "holds a secret key"],
    [regex("long_word", "gu"), (match) => (isKey(match) ? "holds a secret key" : "")],
  ];
  return function find(text) {
    const found = kinds.flatMap(([pattern, kind]) =>
      Array.from(text.matchAll(pattern), (match) => ({ at: match.index, what: kind(match[0]) })),
    );
    const first = found.filter(({ what }) => what).sort((a, b) => a.at - b.at)[0];
    return first ? first.what : "";
  };
}

/** Whether digits have the check digit of a card's number (Luhn 1960). */
function hasCheckDigit(digits) {
  const values = Array.from(digits, Number).reverse();
  const doubled = values.map((value, place) => (place % 2 ? (value > 4 ? 2 * value - 9 : 2 * value) : value));
  return doubled.reduce((sum, value) => sum + value, 0) % 10 === 0;
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

/** The first bits of a hash as 16 hexadecimal digits. */
function firstBits(bytes, shift) {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return (BigInt(`0x${hex}`) >> shift).toString(16).padStart(16, "0");
}
