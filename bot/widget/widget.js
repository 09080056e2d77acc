// The website chat of the Jobcenter: <script src="https://…/widget.js" defer></script> is all a page needs.
// The server puts the words of responses/_widget.yml in the place of the token below.
(() => {
  "use strict";

  const LABELS = __LABELS__;
  const API = new URL("api/messages", document.currentScript?.src ?? location.href);
  const STORAGE_KEY = "jobcenter-chat";
  const MAX_LENGTH = 2000;
  const COUNTER_FROM = 1800;
  const TIMEOUT_MS = 20_000;
  const ANNOUNCEMENT_MS = 1000;
  const FULL_SCREEN = "(max-width: 40em), (max-height: 30em)";

  // ---- Looks: a page restyles the chat with `jobcenter-chat { --accent: … }` ----

  const STYLE = `
    :host {
      all: initial;
      --accent: #0b4f6c; --accent-strong: #083a50; --on-accent: #ffffff;
      --canvas: #f2f6f8; --surface: #ffffff; --own: #d7e8f0;
      --text: #14242d; --muted: #475966; --line: #cfdbe1; --control-line: #667b87;
      --focus: #0b4f6c; --alert: #8f2d0c; --header: #0b4f6c; --on-header: #ffffff;
      --font: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
      --radius: 14px; --layer: 1000;
      display: block; font: 400 medium/1.5 var(--font); color: var(--text); color-scheme: light;
    }
    @media (prefers-color-scheme: dark) {
      :host {
        --accent: #8acce6; --accent-strong: #b5dff0; --on-accent: #06222f;
        --canvas: #0f1b22; --surface: #182831; --own: #1d4557;
        --text: #e9f1f5; --muted: #afc1cb; --line: #2d414c; --control-line: #8298a4;
        --focus: #8acce6; --alert: #ffb59c;
        color-scheme: dark;
      }
    }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    p, ol, ul, h2 { margin: 0; padding: 0; list-style: none; }
    .spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
      white-space: nowrap; }
    svg { flex: none; width: 1.5em; height: 1.5em; fill: none; stroke: currentColor; stroke-width: 2;
      stroke-linecap: round; stroke-linejoin: round; }

    button, textarea { font: inherit; color: inherit; border-radius: 10px; }
    button { min-height: 44px; min-width: 44px; padding: .5em 1em; cursor: pointer; text-align: start;
      border: 1px solid var(--accent); background: var(--surface); color: var(--accent); }
    button:hover { background: var(--own); color: var(--text); }
    button[aria-disabled="true"] { cursor: progress; }
    :focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
    a { color: var(--accent); text-underline-offset: .15em; }
    a:hover { text-decoration-thickness: 2px; }
    a[href^="tel:"] { white-space: nowrap; }

    .launcher {
      position: fixed; z-index: var(--layer); max-width: calc(100% - 2em);
      right: max(1em, env(safe-area-inset-right)); bottom: max(1em, env(safe-area-inset-bottom));
      display: flex; align-items: center; gap: .6em; min-height: 56px; padding: .6em 1.35em .6em 1.1em;
      border: 2px solid transparent; border-radius: 28px; background: var(--accent); color: var(--on-accent);
      font-weight: 600; box-shadow: 0 2px 6px rgb(0 20 30 / .2), 0 8px 24px rgb(0 20 30 / .22);
    }
    .launcher:hover, .send:hover { background: var(--accent-strong); color: var(--on-accent); }
    @media (max-height: 30em) { .launcher { min-height: 44px; padding-block: .4em; } }

    dialog {
      position: fixed; z-index: var(--layer); inset: auto 1.25em 1.25em auto; margin: 0; padding: 0;
      width: 27em; height: min(48em, 100vh - 2.5em); max-width: none; max-height: none;
      overflow: hidden auto; container-type: size; overscroll-behavior: contain;
      color: var(--text); background: var(--canvas); border: 1px solid var(--line); border-radius: var(--radius);
      box-shadow: 0 4px 12px rgb(0 20 30 / .14), 0 16px 48px rgb(0 20 30 / .24);
    }
    dialog[open] { display: flex; flex-direction: column; }
    @media ${FULL_SCREEN} {
      dialog { inset: var(--top, 0) 0 auto 0; width: 100%; height: var(--height, 100vh);
        border: 0; border-radius: 0; box-shadow: none; }
    }

    header { flex: none; display: flex; align-items: center; gap: .5em; padding: .75em .75em .75em 1.15em;
      background: var(--header); color: var(--on-header); border-bottom: 1px solid transparent;
      --focus: var(--on-header); }
    header div { flex: 1; min-width: 0; }
    h2 { font-size: 1.125em; line-height: 1.3; font-weight: 650; }
    header p { font-size: .9375em; line-height: 1.35; }
    .close { display: flex; align-items: center; gap: .3em; padding: .5em .6em; font-size: .9375em;
      border-color: transparent; background: transparent; color: inherit; }
    .close:hover { background: rgb(0 0 0 / .25); color: inherit; }
    .close svg { width: 1.25em; height: 1.25em; }

    .log { flex: 1; min-height: 0; overflow: hidden auto; overscroll-behavior: contain; padding: 1em; }
    .log:focus-visible { outline-offset: -3px; }
    .log > ol { display: flex; flex-direction: column; gap: .75em; }
    .log li { overflow-wrap: anywhere; }
    .card { align-self: flex-start; max-width: 94%; padding: .75em 1em; background: var(--surface);
      border: 1px solid var(--line); border-radius: 4px var(--radius) var(--radius); }
    .card p + p, .card p + ul, .card ul + ul, .card ul + p { margin-top: .65em; }
    .card .small + .small, .card .text + .points { margin-top: .15em; }
    .text, .points { white-space: pre-line; }
    .points { padding-inline-start: 1.1em; list-style: "– "; }
    .question { align-self: flex-end; max-width: 86%; padding: .6em 1em; white-space: pre-wrap;
      border: 1px solid transparent; border-radius: var(--radius) var(--radius) 4px; background: var(--own); }
    .suggestions { display: grid; gap: .5em; }
    .suggestions button { width: 100%; line-height: 1.35; }
    .suggestions button.chosen { background: var(--own); color: var(--text); }
    .links a { display: inline-block; padding: .65em 0; }
    .small { font-size: .875em; line-height: 1.45; color: var(--muted); }
    .failure { border-inline-start: 5px solid var(--alert); }
    .failure button { margin-top: .75em; font-weight: 600; }
    .phone { font-weight: 600; display: inline-block; padding: .6em 0; }
    .typing { color: var(--muted); padding: 0 .25em; animation: appear 1ms .3s both; }
    @keyframes appear { from { visibility: hidden; } }

    form { flex: none; padding: .7em 1em .4em; border-top: 1px solid var(--line); background: var(--surface); }
    .above { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between;
      column-gap: 1em; margin-bottom: .35em; }
    label { font-size: .9375em; font-weight: 600; }
    .row { display: flex; align-items: flex-end; gap: .5em; }
    textarea { flex: 1; min-width: 0; min-height: 48px; max-height: 9em; padding: .65em .75em; resize: none;
      field-sizing: content; border: 1px solid var(--control-line); background: var(--surface); }
    textarea[aria-invalid="true"] { border: 2px solid var(--alert); }
    .send { min-height: 48px; font-weight: 600; border-color: transparent; background: var(--accent);
      color: var(--on-accent); }
    .hint { margin-top: .35em; font-size: .875em; color: var(--muted); }
    .hint.wrong { color: var(--alert); font-weight: 600; }
    footer { flex: none; padding: 0 1em .1em; background: var(--surface); }
    footer button { padding: .5em 0; border: 0; background: transparent; font-size: .875em;
      text-decoration: underline; text-underline-offset: .15em; }
    footer button:hover { background: transparent; text-decoration-thickness: 2px; }

    /* Little height left (400 % zoom, landscape, open keyboard): everything scrolls together. */
    @container (max-height: 25em) { .log { flex: none; overflow: visible; } }
    @container (max-width: 24em) {
      .close span { position: absolute; clip-path: inset(50%); }
      .close svg { width: 1.6em; height: 1.6em; }
      .card { max-width: 100%; }
    }
    @media (prefers-reduced-motion: no-preference) {
      .log, dialog { scroll-behavior: smooth; }
      button, a { transition: background-color .15s, color .15s; }
    }
    @media (forced-colors: active) {
      dialog { border: 2px solid CanvasText; }
      .suggestions button.chosen, .question { border-width: 2px; }
    }
    @media print { :host { display: none; } }
  `;

  const ICONS = {
    chat: ["M4 5h16v11H10l-5 4v-4H4z", "M8 9h8", "M8 12.5h5"],
    close: ["M6 6l12 12", "M18 6L6 18"],
  };

  // ---- Building blocks: strings become text nodes, so no message is ever read as HTML ----

  function element(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  function icon(name) {
    const namespace = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(namespace, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    for (const shape of ICONS[name]) {
      const path = document.createElementNS(namespace, "path");
      path.setAttribute("d", shape);
      svg.append(path);
    }
    return svg;
  }

  function button(className, onClick, ...children) {
    const node = element("button", { type: "button", class: className }, ...children);
    node.addEventListener("click", onClick);
    return node;
  }

  function spoken(text) {
    return element("span", { class: "spoken" }, text);
  }

  // ---- Memory: this tab only, gone when the tab closes ----

  function loadState() {
    try {
      const state = JSON.parse(sessionStorage.getItem(STORAGE_KEY));
      if (Array.isArray(state?.items)) return state;
    } catch {
      // Storage may be blocked or hold something foreign; the chat then starts afresh.
    }
    return { conversation: null, items: [] };
  }

  function saveState(state) {
    try {
      if (state.items.length) sessionStorage.setItem(STORAGE_KEY, JSON.stringify(state));
      else sessionStorage.removeItem(STORAGE_KEY);
    } catch {
      // Blocked or full: the chat goes on, only a reload forgets it.
    }
  }

  // ---- Server: one address, no cookies; an error is a German sentence to show ----

  async function fetchTurn(body, signal) {
    try {
      const response = await fetch(API, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal,
        ...{ credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" },
      });
      const answer = await response.json();
      if (response.ok && Array.isArray(answer.replies)) return answer;
      return { error: typeof answer.error === "string" ? answer.error : LABELS.failure };
    } catch {
      // No network, time-out or a proxy's HTML page: for the citizen all the same.
      return { error: LABELS.failure };
    }
  }

  // ---- Rendering of one reply ----

  function phoneLink(number) {
    return element("a", { href: `tel:${number.replace(/\D/g, "")}` }, number);
  }

  // Numbers with a dialling code can be tapped; amounts, dates and paragraphs never start with 0 and 7 digits.
  function withPhoneLinks(text) {
    const parts = text.split(/(\b0\d{2,4}[ /-]?\d[\d -]{3,}\d\b)/);
    return parts.map((part, index) => (index % 2 ? phoneLink(part) : part));
  }

  // Editors write lists as lines that begin with "– "; a blank line begins a new paragraph.
  function textBlocks(text) {
    return text.trim().split(/\n{2,}/).flatMap((paragraph) => {
      const [lead, ...points] = paragraph.split(/^– /m).map((part) => withPhoneLinks(part.trim()));
      const entries = points.map((point) => element("li", {}, ...point));
      const blocks = lead.join("") ? [element("p", { class: "text" }, ...lead)] : [];
      return entries.length ? [...blocks, element("ul", { class: "points" }, ...entries)] : blocks;
    });
  }

  function linkList(links) {
    const list = element("ul", { class: "links" });
    for (const { title, url } of links.filter(({ url }) => /^(https?|mailto|tel):/.test(url))) {
      const link = url.startsWith("http")
        ? element("a", { href: url, target: "_blank", rel: "noopener" }, `${title} (${LABELS.new_window})`)
        : element("a", { href: url }, title);
      list.append(element("li", {}, link));
    }
    return list;
  }

  function originLines({ sources, as_of: day }) {
    const lines = [];
    if (sources?.length) lines.push(`${LABELS.sources} ${sources.join("; ")}`);
    if (day) lines.push(`${LABELS.as_of} ${day.split("-").reverse().join(".")}`);
    return lines.map((line) => element("p", { class: "small" }, line));
  }

  function suggestionList(item, onChoose) {
    const list = element("ul", { class: "suggestions", "aria-label": LABELS.suggestions });
    for (const { title, payload } of item.reply.buttons) {
      const node = button("suggestion", () => onChoose(item, { title, payload }, node), title);
      if (item.chosen.includes(payload)) markChosen(node);
      list.append(element("li", {}, node));
    }
    return list;
  }

  function markChosen(node) {
    if (node.classList.contains("chosen")) return;
    node.classList.add("chosen");
    node.prepend(element("span", { "aria-hidden": "true" }, "✓ "));
    node.append(spoken(` (${LABELS.chosen})`));
  }

  function replyCard(item, onChoose) {
    const { reply } = item;
    const card = element("li", { class: "card" }, spoken(LABELS.bot), ...textBlocks(reply.text));
    if (reply.links?.length) card.append(linkList(reply.links));
    card.append(...originLines(reply));
    if (reply.buttons?.length) card.append(suggestionList(item, onChoose));
    return card;
  }

  function failureCard({ error }, onRetry) {
    const phone = phoneLink(LABELS.phone);
    phone.className = "phone";
    const lines = [[error], [`${LABELS.phone_label} `, phone], [`${LABELS.hours_label} ${LABELS.hours}`]];
    const paragraphs = lines.map((line) => element("p", {}, ...line));
    return element("li", { class: "card failure" }, ...paragraphs, button("retry", onRetry, LABELS.retry));
  }

  function announcementOf({ text, buttons }) {
    if (!buttons?.length) return text;
    return `${text} ${LABELS.suggestions}: ${buttons.map(({ title }) => title).join(", ")}`;
  }

  // ---- The element ----

  class JobcenterChat extends HTMLElement {
    #state = loadState();
    #controller = null;
    #announcementTimer = 0;
    #ui = {};

    connectedCallback() {
      if (this.shadowRoot) return;
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      this.#build(root);
      this.#nameLauncher();
      for (const item of this.#state.items) this.#show(item);
    }

    // -- Structure --

    #build(root) {
      const ui = this.#ui;
      ui.launcherText = element("span");
      ui.launcher = button("launcher", () => this.#open(), icon("chat"), ui.launcherText);
      ui.launcher.setAttribute("aria-haspopup", "dialog");
      ui.items = element("ol", { role: "list" });
      ui.log = element("section", { class: "log", tabindex: "0", "aria-label": LABELS.transcript }, ui.items);
      ui.live = element("p", { class: "spoken", role: "status" });
      const footer = element("footer", {}, button("delete", () => this.#delete(), LABELS.delete));
      const parts = [this.#buildHeader(), ui.log, this.#buildForm(), footer, ui.live];
      ui.dialog = element("dialog", { "aria-labelledby": "title" }, ...parts);
      root.append(element("section", { lang: "de", "aria-label": LABELS.region }, ui.launcher, ui.dialog));

      ui.dialog.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.preventDefault();
        this.#close();
      });
      // The back gesture of a phone closes a full-screen dialog without a key.
      ui.dialog.addEventListener("cancel", (event) => {
        event.preventDefault();
        this.#close();
      });
      matchMedia(FULL_SCREEN).addEventListener("change", () => this.#changeMode());
      visualViewport.addEventListener("resize", () => this.#fitAboveKeyboard());
      visualViewport.addEventListener("scroll", () => this.#fitAboveKeyboard());
    }

    #buildHeader() {
      const close = button("close", () => this.#close(), icon("close"), element("span", {}, LABELS.close));
      const title = element("h2", { id: "title" }, LABELS.title);
      return element("header", {}, element("div", {}, title, element("p", {}, LABELS.machine_notice)), close);
    }

    #buildForm() {
      const ui = this.#ui;
      const described = { "aria-describedby": "privacy hint", autocomplete: "off", enterkeyhint: "send" };
      ui.input = element("textarea", { id: "input", rows: "1", ...described });
      ui.send = element("button", { type: "submit", class: "send" }, LABELS.send);
      ui.hint = element("p", { id: "hint", class: "hint", hidden: "" });
      const label = element("label", { for: "input" }, LABELS.input);
      const privacy = element("p", { id: "privacy", class: "small" }, LABELS.privacy);
      const above = element("div", { class: "above" }, label, privacy);
      const form = element("form", {}, above, element("div", { class: "row" }, ui.input, ui.send), ui.hint);
      ui.input.addEventListener("input", () => this.#count());
      ui.input.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        form.requestSubmit();
      });
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.#submit();
      });
      return form;
    }

      // -- Opening and closing --

    #open() {
      this.#ui.launcher.hidden = true;
      this.#showDialog();
      this.#ui.input.focus();
      if (this.#state.items.length) this.#scrollTo(this.#ui.items.lastElementChild);
      else this.#start();
    }

    #start() {
      if (!this.#controller) this.#ask({ payload: "s:start" });
    }

    // Full-screen the page behind is covered, so it must be out of reach of the keyboard as well.
    #showDialog() {
      this.#fitAboveKeyboard();
      if (matchMedia(FULL_SCREEN).matches) this.#ui.dialog.showModal();
      else this.#ui.dialog.show();
    }

    #close() {
      const { dialog, launcher } = this.#ui;
      if (!dialog.open) return;
      this.#nameLauncher();
      launcher.hidden = false;
      dialog.close();
      launcher.focus();
    }

    #changeMode() {
      const { dialog } = this.#ui;
      if (!dialog.open) return;
      const focused = this.shadowRoot.activeElement;
      dialog.close();
      this.#showDialog();
      focused?.focus();
    }

    #nameLauncher() {
      const { launcher_resume: resume, launcher: start } = LABELS;
      this.#ui.launcherText.textContent = this.#state.items.length ? resume : start;
    }

    // iOS and Android lay the keyboard over the page; only visualViewport knows the height that is left.
    #fitAboveKeyboard() {
      const { height, offsetTop, scale } = visualViewport;
      const isPinched = scale > 1.01;
      this.#ui.dialog.style.setProperty("--height", isPinched ? "100vh" : `${height}px`);
      this.#ui.dialog.style.setProperty("--top", isPinched ? "0" : `${offsetTop}px`);
    }

    // -- Writing --

    #submit() {
      const text = this.#ui.input.value.trim();
      if (this.#controller) return;
      if (!text) return this.#refuse(LABELS.empty);
      if (this.#count() > MAX_LENGTH) return this.#refuse(this.#ui.hint.textContent);
      this.#ui.input.value = "";
      this.#count();
      this.#say(text);
      this.#ask({ text });
    }

    #refuse(reason) {
      this.#hint(reason, true);
      this.#announce(reason);
      this.#ui.input.focus();
    }

    // Longer text can be typed and shortened; a hard limit would cut a pasted letter without a word.
    #count() {
      const length = [...this.#ui.input.value.trim()].length;
      const left = MAX_LENGTH - length;
      if (left < 0) this.#hint(`${-left} ${LABELS.characters_over}`, true);
      else this.#hint(length >= COUNTER_FROM ? `${left} ${LABELS.characters_left}` : "", false);
      return length;
    }

    #hint(text, isWrong) {
      const { hint, input } = this.#ui;
      hint.textContent = text;
      hint.hidden = !text;
      hint.classList.toggle("wrong", isWrong);
      input.setAttribute("aria-invalid", String(isWrong));
    }

    #choose(item, { title, payload }, node) {
      if (this.#controller) return;
      markChosen(node);
      if (!item.chosen.includes(payload)) item.chosen.push(payload);
      this.#say(title);
      this.#ask({ payload });
    }

    #say(text) {
      const item = { kind: "question", text };
      this.#state.items.push(item);
      this.#scrollTo(this.#show(item));
    }

    // -- Asking: the failure is noted first and taken back on success, so a reload in between loses nothing --

    async #ask(request) {
      const state = this.#state;
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), TIMEOUT_MS);
      const failure = { kind: "failure", request, error: LABELS.failure };
      state.items.push(failure);
      saveState(state);
      this.#setWaiting(controller);
      const answer = await fetchTurn({ conversation: state.conversation, ...request }, controller.signal);
      clearTimeout(timer);
      if (this.#controller !== controller) return; // deleted meanwhile
      this.#setWaiting(null);
      if (answer.error) this.#fail(failure, answer.error);
      else this.#receive(failure, answer);
      saveState(state);
    }

    #receive(failure, { conversation, replies }) {
      const items = replies.map((reply) => ({ kind: "reply", reply, chosen: [] }));
      this.#state.conversation = conversation;
      this.#forget(failure);
      this.#state.items.push(...items);
      const [first] = items.map((item) => this.#show(item));
      if (first) this.#scrollTo(first);
      this.#announce(replies.map(announcementOf).join(" "));
    }

    #fail(failure, error) {
      failure.error = error;
      this.#scrollTo(this.#show(failure));
      this.#announce(`${error} ${LABELS.phone_label} ${LABELS.phone}`);
    }

    // The card with the pressed button goes away, so the focus needs a new place.
    #retry(failure, card) {
      if (this.#controller) return;
      this.#forget(failure);
      this.#ui.log.focus();
      card.remove();
      this.#ask(failure.request);
    }

    #forget(item) {
      this.#state.items = this.#state.items.filter((other) => other !== item);
    }

    #setWaiting(controller) {
      this.#controller = controller;
      const { items, send } = this.#ui;
      items.querySelector(".typing")?.remove();
      if (controller) {
        const typing = element("li", { class: "typing", "aria-hidden": "true" }, LABELS.typing);
        items.append(typing);
        this.#scrollTo(typing);
      }
      for (const node of [send, ...items.querySelectorAll("button")]) {
        node.setAttribute("aria-disabled", String(Boolean(controller)));
      }
    }

    #delete() {
      this.#controller?.abort();
      this.#setWaiting(null);
      this.#state = { conversation: null, items: [] };
      saveState(this.#state);
      const restart = button("restart", () => this.#start(), LABELS.restart);
      const words = [element("p", {}, LABELS.deleted), element("p", {}, restart)];
      this.#ui.items.replaceChildren(element("li", { class: "card" }, ...words));
      this.#announce(LABELS.deleted);
    }

    // -- Transcript and announcements --

    #show(item) {
      const node = this.#render(item);
      this.#ui.items.append(node);
      return node;
    }

    #render(item) {
      if (item.kind === "question") {
        return element("li", { class: "question" }, spoken(`${LABELS.you} `), item.text);
      }
      if (item.kind === "reply") return replyCard(item, (...choice) => this.#choose(...choice));
      const card = failureCard(item, () => this.#retry(item, card));
      return card;
    }

    // To the beginning of the entry: a long answer is read from its first line.
    #scrollTo(node) {
      const { dialog, log } = this.#ui;
      const scroller = getComputedStyle(log).overflowY === "visible" ? dialog : log;
      const distance = node.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
      const isFirst = node === this.#ui.items.firstElementChild;
      scroller.scrollTop = isFirst ? 0 : scroller.scrollTop + distance - 12;
    }

    // Emptied after a second, so that nobody meets the text a second time while browsing.
    #announce(text) {
      clearTimeout(this.#announcementTimer);
      this.#ui.live.textContent = text;
      this.#announcementTimer = setTimeout(() => (this.#ui.live.textContent = ""), ANNOUNCEMENT_MS);
    }
  }

  function addToPage() {
    if (!document.querySelector("jobcenter-chat")) document.body.append(element("jobcenter-chat"));
  }

  if (!customElements.get("jobcenter-chat")) {
    customElements.define("jobcenter-chat", JobcenterChat);
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", addToPage);
    else addToPage();
  }
})();
