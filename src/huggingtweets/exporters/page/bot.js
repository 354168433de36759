// The page: loads the bot into this browser, and lets it write. Nothing is asked of any other server.

import { LoggerWithoutDebug, Wllama } from "./wllama/index.min.js";
import { makeFilters } from "./filters.js";
import { picture } from "./picture.js";

const POSTS = 5;
const MAX_DRAFTS = 8; // of a post; then it is given up
const MAX_BREAKDOWNS = 3; // of the engine, until writing is given up
const MAX_BYTES = 4; // of a character, each of which may be a token
const READY = "Ready. It runs in your browser; nothing you type leaves it.";
const TOO_LONG = Symbol("the prompt fills the context");
const LAST_WORD = /\S{1,32}$/u; // may become an address yet
const ENGINE = "wllama/wllama.wasm";
const at = (id) => document.getElementById(id);

let bot; // bot.json
let engine; // llama.cpp with the model
let start; // makes a new one
let objection; // why a text may not be shown
let breakdowns; // of the engine since somebody asked
load().catch((error) => {
  at("status").textContent = `The bot cannot be loaded (${error.message}). Load the page again, or try a current Chrome, Edge or Firefox.`;
});
at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  write(at("prompt").value.trimEnd()).catch((error) => {
    at("status").textContent = `The bot broke down (${error.message}). Load the page again.`;
  });
});

/** Say who this is. */
function introduce() {
  document.title = `${bot.name} (AI bot)`;
  at("name").textContent = bot.name;
  at("about").textContent = bot.description;
  at("prompt").value = bot.prompt;
  at("facts").textContent = bot.facts;
  if (bot.avatar) at("avatar").src = bot.avatar;
  else at("avatar").hidden = true;
}

/** Load the filters, the engine and the model; without all of each there is no bot. */
async function load() {
  at("status").textContent = "Loading the bot…";
  bot = await (await fetched("bot.json")).json();
  introduce();
  const indexes = await Promise.all(
    bot.filters.copies.map(async (copy) => new BigUint64Array(whole(await content(copy.file), copy.bytes, copy.file))),
  );
  const wasm = await content(ENGINE);
  if (!WebAssembly.validate(wasm)) throw new Error(`${ENGINE} does not run here`); // wllama would wait for ever
  const model = await download(bot.model, bot.bytes);
  objection = makeFilters(bot.filters, indexes);
  const address = URL.createObjectURL(new Blob([wasm], { type: "application/wasm" }));
  start = async () => {
    engine = new Wllama({ default: address }, { suppressNativeLog: true, logger: LoggerWithoutDebug });
    engine.setCompat(null); // it would be fetched from elsewhere
    await engine.loadModel([model], { n_ctx: bot.context, n_gpu_layers: 0, warmup: false });
  };
  await start();
  at("status").textContent = READY;
  at("write").disabled = false;
}

/** The answer to a request for a file that is there. */
async function fetched(file) {
  const response = await fetch(file);
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  return response;
}

async function content(file) {
  return (await fetched(file)).arrayBuffer();
}

/** What was loaded, if it is all of a file: some hosts give a page of their own for one that is not there. */
function whole(loaded, bytes, file) {
  if ((loaded.size ?? loaded.byteLength) !== bytes) throw new Error(`${file} is not whole`);
  return loaded;
}

/** Fetch a file, and say how much of it is here. */
async function download(file, bytes) {
  const response = await fetched(file);
  const parts = [];
  let done = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done: ended, value } = await reader.read();
    if (ended) break;
    parts.push(value);
    done += value.length;
    at("status").textContent = `Loading the bot: ${Math.min(100, Math.round((100 * done) / bytes))} %`;
  }
  return whole(new Blob(parts), bytes, file);
}

/** Write five posts, one after the other. */
async function write(prompt) {
  at("write").disabled = true;
  at("status").textContent = READY;
  at("posts").replaceChildren();
  breakdowns = 0;
  let fits = true;
  for (let number = 0; number < POSTS && fits && breakdowns < MAX_BREAKDOWNS; number++) fits = await writePost(prompt);
  if (!fits) {
    at("posts").replaceChildren();
    at("status").textContent = "This beginning is longer than what the bot sees at once. Give it a shorter one.";
  }
  if (breakdowns === MAX_BREAKDOWNS) at("status").textContent = "The bot broke down, and has been started anew. Ask it again.";
  at("write").disabled = false;
}

/** Write one post that no filter objects to, and show the words that are there; false where its prompt is too long. */
async function writePost(prompt) {
  const post = at("post").content.cloneNode(true).firstElementChild;
  const shown = post.querySelector("p");
  at("posts").append(post);
  for (let draft = 0; draft < MAX_DRAFTS && breakdowns < MAX_BREAKDOWNS; draft++) {
    const text = await sample(prompt, (words) => {
      if (!objection(words, prompt)) shown.textContent = words;
    });
    if (text === TOO_LONG) return false;
    if (text !== null && !objection(text, prompt)) {
      shown.textContent = text;
      post.classList.add("whole");
      post.querySelector("button").addEventListener("click", () => share(text));
      return true;
    }
    shown.textContent = "";
  }
  post.remove();
  at("status").textContent = "Drafts that repeat a post of the person, name somebody or repeat themselves were not shown.";
  return true;
}

/** Sample a text, and show its whole words meanwhile; null where the engine broke, which is started anew, or TOO_LONG. */
async function sample(prompt, show) {
  let text = prompt;
  try {
    const request = { ...bot.request, seed: random() };
    text ||= await firstPiece(request);
    if (!prompt && text) request.max_tokens -= 1;
    for await (const piece of await engine.createCompletion({ ...request, prompt: bot.opening + text, stream: true })) {
      text += piece.choices?.[0]?.text ?? "";
      show(text.replace(LAST_WORD, ""));
    }
  } catch (error) {
    if (/context size/u.test(error?.message)) return TOO_LONG; // llama.cpp's words
    breakdowns++;
    await engine.exit().catch(() => {}); // else its memory is kept, and a few dozen take all that a page has
    await start();
    return null;
  }
  return text.replaceAll("\ufffd", "");
}

/** Sample how a text begins, not within a word: a token, or those of one character. */
async function firstPiece(request) {
  const logit_bias = { ...request.logit_bias, ...bot.begin_suppress_tokens };
  const enough = new AbortController();
  let piece = "";
  const onData = ({ choices }) => {
    piece ||= choices?.[0]?.text ?? "";
    if (piece) enough.abort();
  };
  const begin = { ...request, logit_bias, prompt: bot.opening, max_tokens: MAX_BYTES, stream: true };
  try {
    await engine.createCompletion({ ...begin, onData, abortSignal: enough.signal });
  } catch (error) {
    if (!piece) throw error;
  }
  return piece;
}

function random() {
  return crypto.getRandomValues(new Uint32Array(1))[0] >>> 1;
}

/** Save a post as a picture. */
function share(text) {
  const link = document.createElement("a");
  link.download = "bot.png";
  link.href = picture(bot, text).toDataURL("image/png");
  link.click();
}
