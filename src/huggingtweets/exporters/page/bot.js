// The page: loads the bot into this browser, and lets it write. Nothing is asked of any other server.

import { LoggerWithoutDebug, Wllama } from "./wllama/index.min.js";
import { makeFilters, NOTHING_ADDED } from "./filters.js";
import { picture } from "./picture.js";

const POSTS = 5;
const MAX_DRAFTS = 8; // of a post; then it is given up
const MAX_BREAKDOWNS = 3; // of the engine, until writing is given up
const MAX_BYTES = 4; // of a character, each of which may be a token
const BUSY = "aria-disabled"; // and not disabled, which would take the focus from the button
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
  tell(`The bot cannot be loaded (${error.message}). Load the page again, or try a current Chrome, Edge or Firefox.`);
});
at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  if (at("write").hasAttribute(BUSY)) return;
  write(at("prompt").value.trimEnd()).catch((error) => tell(`The bot broke down (${error.message}). Load the page again.`));
});

/** Say how it is going, also to a screen reader. */
function tell(text) {
  at("status").textContent = text;
}

/** Say who this is. */
function introduce() {
  document.title = `${bot.name} (AI bot)`;
  at("name").textContent = bot.name;
  at("about").textContent = bot.description;
  at("prompt").value = bot.prompt;
  at("facts").textContent = bot.facts;
  at("prompt").lang = at("post").content.querySelector("p").lang = bot.language;
  if (bot.avatar) at("avatar").src = bot.avatar;
  else at("avatar").hidden = true;
}

/** Load the filters, the engine and the model; without all of each there is no bot. */
async function load() {
  tell("Loading the bot…");
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
  tell("Ready. It runs in your browser; nothing you type leaves it.");
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
    tell(`Loading the bot: ${Math.min(100, Math.round((100 * done) / bytes))} %`);
  }
  return whole(new Blob(parts), bytes, file);
}

/** Write five posts, one after the other, and say how that ended. */
async function write(prompt) {
  at("posts").replaceChildren();
  const refusal = objection(prompt, prompt);
  if (refusal !== NOTHING_ADDED) return tell(`This beginning ${refusal}, and no such post is shown. Give it another one.`);
  at("write").setAttribute(BUSY, "true");
  tell("Writing…");
  breakdowns = 0;
  const endings = [];
  while (endings.length < POSTS && !endings.includes(TOO_LONG) && breakdowns < MAX_BREAKDOWNS) endings.push(await writePost(prompt));
  tell(summary(endings));
  at("write").removeAttribute(BUSY);
}

/** How writing ended: of each post TOO_LONG, or whether a draft was shown. */
function summary(endings) {
  if (endings.includes(TOO_LONG)) return "This beginning is longer than what the bot sees at once. Give it a shorter one.";
  if (breakdowns === MAX_BREAKDOWNS) return "The bot broke down, and has been started anew. Ask it again.";
  if (endings.includes(false)) return "Drafts that repeat a post of the person, name somebody or repeat themselves were not shown.";
  return "Five posts are written.";
}

/** Write one post that no filter objects to, and show the words that are there; whether there is one, or TOO_LONG. */
async function writePost(prompt) {
  const post = at("post").content.cloneNode(true).firstElementChild;
  const shown = post.querySelector("p");
  at("posts").append(post);
  for (let draft = 0; draft < MAX_DRAFTS && breakdowns < MAX_BREAKDOWNS; draft++) {
    const text = await sample(prompt, (words) => {
      if (!objection(words, prompt)) shown.textContent = words;
    });
    if (text === TOO_LONG) {
      post.remove();
      return TOO_LONG;
    }
    if (text !== null && !objection(text, prompt)) {
      shown.textContent = text;
      post.classList.add("whole");
      post.querySelector("button").addEventListener("click", () => share(text));
      return true;
    }
    shown.textContent = "";
  }
  post.remove();
  return false;
}

/** Sample a text, and show its whole words meanwhile; null where the engine broke, which is started anew, or TOO_LONG. */
async function sample(prompt, show) {
  let text = prompt;
  try {
    text ||= await firstPiece();
    if (!text) return ""; // the model ended at once; what it began anew could begin within a word
    const max_tokens = bot.request.max_tokens - (text !== prompt);
    const request = { ...bot.request, prompt: bot.opening + text, max_tokens, seed: random(), stream: true };
    for await (const piece of await engine.createCompletion(request)) {
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
async function firstPiece() {
  const logit_bias = { ...bot.request.logit_bias, ...bot.begin_suppress_tokens };
  const enough = new AbortController();
  let piece = "";
  const onData = ({ choices }) => {
    piece ||= choices?.[0]?.text ?? "";
    if (piece) enough.abort();
  };
  const begin = { logit_bias, prompt: bot.opening, max_tokens: MAX_BYTES, seed: random(), stream: true };
  try {
    await engine.createCompletion({ ...bot.request, ...begin, onData, abortSignal: enough.signal });
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
