// What the page does in the browser alone. Everything else is asked of the server.
(() => {
  "use strict";
  // The language: the one chosen here, which is in a cookie, or the first of the browser's that there is; the
  // server decides in the same way. Gradio takes its own words from what the browser says.
  const LANGUAGES = ["en", "de", "es", "ja"], COOKIE = "huggingtweets-language";
  const chosen = document.cookie.match(`${COOKIE}=(\\w+)`)?.[1];
  const wanted = [chosen, ...navigator.languages].map((tag) => (tag || "").split("-")[0].toLowerCase());
  const language = wanted.find((code) => LANGUAGES.includes(code)) || "en";
  Object.defineProperty(navigator, "language", { value: language });
  Object.defineProperty(navigator, "languages", { value: [language] });
  const head = () => document.querySelector("[data-words]");
  const words = () => JSON.parse(head().dataset.words);
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.(".ht-language")) return;
    // In a frame of another website, as that of a Space, the browser takes no other cookie.
    const site = window === top ? "samesite=lax" : "samesite=none; secure; partitioned";
    document.cookie = `${COOKIE}=${event.target.value}; path=/; max-age=31536000; ${site}`;
    location.reload();
  });

  const tabButton = (name) => document.getElementById(`tab-${name}-button`);

  // The address: the tab and the open model are in it, so that links, reloads and Back lead to the same place.
  const shown = () => new URLSearchParams(location.search);
  let begun = false; // until the page has loaded, the address says what to show, not the other way round
  function remember(change) {
    if (!begun) return;
    const address = shown();
    for (const [name, value] of Object.entries(change)) value ? address.set(name, value) : address.delete(name);
    const search = `?${address}`;
    if (search === location.search) return;
    const isFirst = !shown().has("tab") || !("tab" in change);
    history[isFirst ? "replaceState" : "pushState"](null, "", search);
  }
  let model = shown().get("model");
  // At once: Gradio tells of an opened tab some time after the press, when somebody may have gone back or reloaded.
  document.addEventListener("click", (event) => {
    const tab = event.target.closest?.("[role=tab][data-tab-id]");
    if (tab) remember({ tab: tab.dataset.tabId });
  });
  addEventListener("popstate", () => {
    if (shown().get("model") !== model) location.reload();
    else tabButton(shown().get("tab") || "posts")?.click();
  });

  // Copying: the clipboard needs a secure address, which a page in a home network has not.
  async function copyText(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("not allowed");
  }
  async function copy(button) {
    const told = button.closest("article").querySelector(".ht-told");
    try {
      await copyText(button.closest("article").querySelector(".ht-post-text").innerText.trim());
      told.textContent = words().copied;
    } catch {
      told.textContent = words().notCopied;
    }
    setTimeout(() => (told.textContent = ""), 4000);
  }

  // Light or dark, as chosen here, or else as the machine has it.
  const isDark = () => document.body.classList.contains("dark");
  function setTheme(name) {
    document.body.classList.toggle("dark", name === "dark");
    document.querySelector("[data-action=theme]")?.setAttribute("aria-pressed", String(name === "dark"));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-action]");
    if (button?.dataset.action === "copy") copy(button);
    if (button?.dataset.action === "go") tabButton(button.dataset.item)?.click();
    if (button?.dataset.action === "theme") {
      const name = isDark() ? "light" : "dark";
      localStorage.setItem("huggingtweets-theme", name);
      setTheme(name);
    }
  });

  // On a phone what a press brings is far below the button: it is brought into view when it is there.
  const BRINGS = { "try-sample": "found", add: "found", begin: "training-run", write: "posts", deal: "game" };
  let awaited; // what looks whether it is there
  function whenChanged(id, show) {
    awaited?.disconnect();
    const brought = document.getElementById(id);
    if (!brought) return;
    const text = () => brought.querySelector(".prose")?.textContent; // beside it Gradio counts seconds, unseen
    const before = text();
    awaited = new MutationObserver(() => {
      if (text() === before) return;
      awaited.disconnect();
      show(brought);
    });
    awaited.observe(brought, { subtree: true, childList: true, characterData: true });
  }
  const bringIntoView = (id) => whenChanged(id, (brought) => {
    const place = brought.closest(".ht-columns > .column") || brought, { top } = place.getBoundingClientRect();
    if (top < 0 || top > innerHeight / 2) hold(place);
  });
  // What is above it may still change its height, such as a fold that closes: it stays where the visitor looks.
  const MOVES = ["wheel", "touchstart", "pointerdown", "keydown"], HOLDS = 2000; // milliseconds
  function hold(place) {
    const above = new ResizeObserver(() => place.scrollIntoView()), end = () => above.disconnect();
    [document.getElementById("strip"), place.previousElementSibling].forEach((part) => part && above.observe(part));
    MOVES.forEach((move) => addEventListener(move, end, { once: true, capture: true, passive: true }));
    setTimeout(end, HOLDS);
    place.scrollIntoView();
  }
  // What a button of a post brings is the last part of the post.
  const bringBelow = (id) => whenChanged("posts", (posts) => {
    const post = posts.querySelector(`[data-item="${CSS.escape(id)}"]`)?.closest("article");
    post?.lastElementChild.scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button:not([disabled])"), action = button?.dataset.action;
    if (button?.id in BRINGS) bringIntoView(BRINGS[button.id]);
    if (["answer", "next", "count"].includes(action)) bringIntoView("game");
    if (["picture", "pin", "unpin"].includes(action)) bringBelow(button.dataset.item);
    for (const menu of document.querySelectorAll("details.ht-share[open]"))
      if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches?.(".ht-drop input[type=file]")) bringIntoView("found");
  });

  // The keyboard: Escape closes an open list, arrow keys walk over the tabs.
  const STEPS = { ArrowRight: 1, ArrowLeft: -1 };
  document.addEventListener("keydown", (event) => {
    const list = event.target.closest?.("[role=combobox], [role=listbox]") || event.target;
    if (event.key === "Escape" && list.getAttribute?.("aria-expanded") === "true") event.target.blur();
    if (event.key === "Escape") document.querySelectorAll("details.ht-share[open]").forEach((one) => (one.open = false));
    if (event.target.getAttribute?.("role") !== "tab") return;
    const tabs = [...document.querySelectorAll("[role=tablist] [role=tab]:not([disabled])")].filter((tab) => tab.checkVisibility());
    const here = tabs.indexOf(event.target);
    const to = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : here + (STEPS[event.key] || 0);
    if (here < 0 || to === here) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length];
    next.focus();
    next.click();
  });

  // A notice of the system when a model is ready, if it was asked for and the page is not in front.
  const NOTIFY = "huggingtweets-notify", NOTIFIED = "huggingtweets-notified";
  async function askToNotify() {
    if (!("Notification" in window)) return words().noNotices;
    if ((await Notification.requestPermission()) !== "granted") return words().noticesRefused;
    localStorage.setItem(NOTIFY, "yes");
    return words().noticesOn;
  }
  function notify() {
    const ready = document.querySelector("[data-ready]");
    if (!ready || sessionStorage.getItem(NOTIFIED) === ready.dataset.ready) return;
    sessionStorage.setItem(NOTIFIED, ready.dataset.ready);
    if (!localStorage.getItem(NOTIFY) || document.hasFocus() || Notification.permission !== "granted") return;
    const notice = new Notification("huggingtweets", { body: ready.querySelector("b").textContent });
    notice.addEventListener("click", () => { focus(); notice.close(); });
  }

  // What Gradio does not tell: whether a fold is open, what learns while another window is in front.
  function tell() {
    for (const fold of document.querySelectorAll("button.label-wrap"))
      fold.setAttribute("aria-expanded", String(fold.classList.contains("open")));
    document.documentElement.lang = head()?.dataset.lang || language;
    for (const part of document.querySelectorAll("#card")) {
      part.lang = "en"; // a card is in English
      if (!part.checkVisibility()) continue;
      for (const table of part.querySelectorAll("table")) // what scrolls has to be reached by keyboard
        table.tabIndex = table.scrollWidth > table.clientWidth ? 0 : -1;
    }
    for (const box of document.querySelectorAll(".ht-date input:not([type=date])")) box.type = "date";
    const learning = document.querySelector("[data-title]")?.dataset.title;
    const title = learning ? `${learning} · huggingtweets` : "huggingtweets";
    if (document.title !== title) document.title = title;
    notify();
  }
  const chosenTheme = () => localStorage.getItem("huggingtweets-theme");
  function keepTheme() {
    const chosen = chosenTheme();
    if (chosen && isDark() !== (chosen === "dark")) setTheme(chosen);
  }
  function watch() {
    new MutationObserver(() => { tell(); keepTheme(); }).observe(document.body, {
      subtree: true, childList: true, attributes: true, attributeFilter: ["class", "data-title", "open"],
    });
    tell();
    keepTheme();
  }
  document.body ? watch() : addEventListener("DOMContentLoaded", watch);

  window.huggingtweets = {
    // Opens the tab of the address; returns the model that the address names.
    begin: () => {
      const tab = shown().get("tab");
      begun = true;
      if (tab) tabButton(tab)?.click();
      else remember({ tab: "posts" });
      return model;
    },
    askToNotify,
    words,
    // Of a tab that the server opened; by now another may be open.
    rememberTab: (name) => { if (tabButton(name)?.getAttribute("aria-selected") === "true") remember({ tab: name }); },
    rememberModel: (name) => { model = name || null; remember({ model }); },
  };
})();
