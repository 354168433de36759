// Gradio sends an event in one request and reads the answers to all events from another, a stream that the server
// closes whenever nothing is left to answer. Three things go wrong where they cross on their way:
// - An event that is sent while the server closes the stream is never answered: Gradio takes the stream for open
//   still, and opens no other.
// - Answers that come before Gradio knows the number of their event are read at one go, and the second, a
//   difference, is applied to the first before that was shown.
// - A stream has the address of the one before it. If that ends meanwhile, Chromium's cache drops the answer and
//   requests it again, and the server divides the messages between the two requests.
// So Gradio learns an event's number when the stream has named it or is closed, and the stream is passed on as far
// as Gradio knows the numbers. Streams pass the cache by.
(() => {
  "use strict";
  const READING = 50; // milliseconds in which Gradio has read what a stream ends with
  const ask = window.fetch.bind(window);
  let stream = null; // the open one
  let sending = 0; // events whose number Gradio does not know yet
  const named = new Set(), known = new Set(); // numbers of events
  const waiting = [];

  const wake = () => waiting.splice(0).forEach((look) => look());
  async function until(condition) {
    while (!condition()) await new Promise((look) => waiting.push(look));
  }
  function close(one) {
    if (stream === one) stream = null;
    wake();
  }
  const number = (message) => message.match(/"event_id":\s*"(\w+)"/)?.[1];

  async function send(input, init) {
    sending++;
    const learnt = (id) => { sending--; if (id) known.add(id); wake(); };
    try {
      const answer = await ask(input, init);
      const told = answer.ok ? await answer.clone().json() : {};
      if (!told.event_id) { learnt(); return answer; }
      await until(() => !stream || named.has(told.event_id));
      answer.json = async () => { setTimeout(learnt, 0, told.event_id); return told; }; // 0: when Gradio has read it
      return answer;
    } catch (error) {
      learnt();
      throw error;
    }
  }

  async function listen(input, init) {
    const signal = input.signal ?? init.signal, one = (stream = {});
    signal.addEventListener("abort", () => close(one)); // by Gradio, when it has noted that the stream is closed
    try {
      const answer = await ask(input, { ...init, cache: "no-store" });
      if (!answer.ok) close(one);
      return answer.ok ? new Response(passedOn(answer, one, signal), { headers: answer.headers }) : answer;
    } catch (error) {
      close(one);
      throw error;
    }
  }

  // The messages of a stream, one after the other. A stream that Gradio ends does so without an error.
  function passedOn(answer, one, signal) {
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader(), encoder = new TextEncoder();
    const messages = [];
    let rest = "";
    async function read() {
      const { done, value } = await reader.read();
      const parts = (rest + (value ?? "")).split("\n\n");
      rest = parts.pop();
      messages.push(...parts);
      parts.map(number).forEach((id) => named.add(id));
      wake();
      return !done;
    }
    async function pull(controller) {
      try {
        while (!messages.length) {
          if (!(await read())) { setTimeout(close, READING, one); return controller.close(); }
        }
        const message = messages.shift(), id = number(message);
        await until(() => !id || known.has(id) || !sending);
        controller.enqueue(encoder.encode(`${message}\n\n`));
        if (message.includes('"process_completed"')) { named.delete(id); known.delete(id); }
      } catch (error) {
        close(one);
        signal.aborted ? controller.close() : controller.error(error);
      }
    }
    return new ReadableStream({ pull, cancel: () => reader.cancel().catch(() => {}) });
  }

  window.fetch = (input, init) => {
    const address = String(input?.url ?? input);
    if (address.includes("/queue/join?")) return send(input, init);
    return address.includes("/queue/data?") ? listen(input, init) : ask(input, init);
  };
})();
