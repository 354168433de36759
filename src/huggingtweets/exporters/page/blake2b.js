// BLAKE2b (RFC 7693) with a key, as Python's hashlib.blake2b(text, digest_size=..., key=...).
// A 64-bit word is two 32-bit halves, the lower one first: numbers of JavaScript hold no more.

const IV = new Uint32Array([
  0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a,
  0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19,
]);
const ORDER = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];
const BLOCK = 128; // bytes
const state = new Uint32Array(16);
const work = new Uint32Array(32);
const message = new Uint32Array(32);

/** Add to the word at `at` the word (low, high). */
function add(at, low, high) {
  const sum = work[at] + low;
  work[at] = sum;
  work[at + 1] = work[at + 1] + high + (sum > 0xffffffff ? 1 : 0);
}

/** Set the word at `at` to itself XOR the word at `other`, rotated right by `bits`. */
function rotated(at, other, bits) {
  const low = work[at] ^ work[other];
  const high = work[at + 1] ^ work[other + 1];
  const [first, second] = bits >= 32 ? [high, low] : [low, high];
  const rest = bits % 32;
  work[at] = rest ? (first >>> rest) | (second << (32 - rest)) : first;
  work[at + 1] = rest ? (second >>> rest) | (first << (32 - rest)) : second;
}

function mix(a, b, c, d, x, y) {
  add(a, work[b], work[b + 1]);
  add(a, message[x], message[x + 1]);
  rotated(d, a, 32);
  add(c, work[d], work[d + 1]);
  rotated(b, c, 24);
  add(a, work[b], work[b + 1]);
  add(a, message[y], message[y + 1]);
  rotated(d, a, 16);
  add(c, work[d], work[d + 1]);
  rotated(b, c, 63);
}

function compress(block, length, last) {
  const view = new DataView(block.buffer, block.byteOffset, BLOCK);
  for (let i = 0; i < 32; i++) message[i] = view.getUint32(4 * i, true);
  work.set(state);
  work.set(IV, 16);
  work[24] ^= length; // texts are shorter than 4 GB
  if (last) {
    work[28] = ~work[28];
    work[29] = ~work[29];
  }
  for (let round = 0; round < 12; round++) {
    const s = ORDER[round % 10].map((i) => 2 * i);
    mix(0, 8, 16, 24, s[0], s[1]);
    mix(2, 10, 18, 26, s[2], s[3]);
    mix(4, 12, 20, 28, s[4], s[5]);
    mix(6, 14, 22, 30, s[6], s[7]);
    mix(0, 10, 20, 30, s[8], s[9]);
    mix(2, 12, 22, 24, s[10], s[11]);
    mix(4, 14, 16, 26, s[12], s[13]);
    mix(6, 8, 18, 28, s[14], s[15]);
  }
  for (let i = 0; i < 16; i++) state[i] ^= work[i] ^ work[i + 16];
}

/** The first 8 bytes of the keyed hash of some bytes, whose digest has 8 bytes. */
export function blake2b(bytes, key) {
  state.set(IV);
  state[0] ^= 0x01010000 ^ (key.length << 8) ^ 8;
  const blocks = new Uint8Array(
    (key.length ? BLOCK : 0) + Math.max(key.length ? 0 : BLOCK, Math.ceil(bytes.length / BLOCK) * BLOCK),
  );
  blocks.set(key);
  blocks.set(bytes, key.length ? BLOCK : 0);
  const total = (key.length ? BLOCK : 0) + bytes.length;
  for (let at = 0; at < blocks.length; at += BLOCK) {
    const last = at + BLOCK >= blocks.length;
    compress(blocks.subarray(at, at + BLOCK), last ? total : at + BLOCK, last);
  }
  return new Uint8Array(state.slice(0, 2).buffer);
}
