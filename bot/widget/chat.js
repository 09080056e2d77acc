// The element: the button on the page, the dialog, the conversation.

const FULL_SCREEN = "(max-width: 40em), (max-height: 30em)"; // as in window.css

class JobcenterChat extends HTMLElement {
  #state = loadState();
  #size = loadSize();
  #controller = null;
  #launcher;
  #launcherText = element("span");
  #dialog;
  #offline;
  #menu;
  #notices;
  #transcript;
  #composer;

  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [STYLE, ...(SETTINGS.color ? [colorRules(SETTINGS.color)] : [])].map(styleSheet);
    this.#build(root);
    this.#listen();
    this.#nameLauncher();
    this.#resize(this.#size);
    this.#offline.hidden = navigator.onLine;
    this.#notices.show(this.#state.notices);
    for (const item of this.#state.items) this.#transcript.show(item);
    escapeFromPage(this);
    if (SETTINGS.storage) this.#pose(this.#state.view ?? []);
    this.#follow(takeDeepLink());
  }

  // ---- Structure ----

  #build(root) {
    this.#launcher = button("launcher", () => this.#open(), icon("chat"), this.#launcherText);
    this.#launcher.setAttribute("aria-haspopup", "dialog");
    this.#transcript = new Transcript({
      onChoose: (...choice) => this.#choose(...choice),
      onRetry: (...failure) => this.#retry(...failure),
    });
    this.#notices = new NoticeStrip({ onDismiss: () => this.#transcript.log.focus() });
    this.#composer = new Composer({
      onSend: (text) => this.#send(text),
      onRefuse: (reason) => this.#transcript.announce(reason),
    });
    const offlineWords = element("span", {}, LABELS.offline);
    this.#offline = element("p", { class: "offline", hidden: "" }, icon("offline"), offlineWords);
    const { log, live } = this.#transcript;
    const parts = [this.#buildHeader(), this.#notices.node, log, this.#offline, this.#composer.form, live];
    this.#dialog = element("dialog", { "aria-labelledby": "title" }, ...parts);
    const attributes = { lang: "de", dir: "ltr", class: SETTINGS.position, "aria-label": LABELS.region };
    root.append(element("section", attributes, this.#launcher, this.#dialog));
  }

  #buildHeader() {
    this.#menu = new Menu({
      switchPlain: () => this.#switchPlain(),
      resize: (size) => this.#resize(size),
      download: () => this.#download(),
      print: () => this.#print(),
      delete: () => this.#delete(),
      askPrivacy: () => this.#tap(LABELS.data_protection, "t:datenschutz"),
      reportBarrier: () => this.#reportBarrier(),
    });
    const close = button("tool", () => this.#close(), icon("close"), element("span", {}, LABELS.close));
    const title = element("h2", { id: "title" }, LABELS.title);
    const name = element("div", { class: "name" }, title, element("p", {}, LABELS.machine_notice));
    return element("header", {}, name, ...this.#menu.nodes, close);
  }

  #listen() {
    const dialog = this.#dialog;
    const leave = (event) => {
      event.preventDefault();
      if (this.#menu.isOpen) this.#menu.leave();
      else this.#close();
    };
    dialog.addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && leave(event));
    // The back gesture of a phone closes a full-screen dialog without a key.
    dialog.addEventListener("cancel", leave);
    dialog.addEventListener("pointerdown", ({ target }) => this.#menu.isAround(target) || this.#menu.close());
    matchMedia(FULL_SCREEN).addEventListener("change", () => this.#changeMode());
    for (const type of ["resize", "scroll"]) visualViewport.addEventListener(type, () => this.#fitAboveKeyboard());
    for (const type of ["online", "offline"]) addEventListener(type, () => this.#noteConnection(type));
    addEventListener("pagehide", stopReading);
  }

  // ---- Opening and closing ----

  #open() {
    this.#showDialog();
    this.#composer.focus();
    if (this.#state.items.length) this.#transcript.scrollTo();
    else this.#start();
  }

  // Full-screen the page behind is covered, so it must be out of reach of the keyboard as well.
  #showDialog() {
    this.#launcher.hidden = true;
    escapeFromPage(this);
    this.#fitAboveKeyboard();
    if (matchMedia(FULL_SCREEN).matches) this.#dialog.showModal();
    else this.#dialog.show();
  }

  // When the page opens the chat nobody has asked for the focus to move: show() would take it, the attribute does
  // not. On a phone the chat covers the page; it becomes modal as soon as somebody is in it.
  #appear() {
    this.#launcher.hidden = true;
    this.#fitAboveKeyboard();
    this.#dialog.setAttribute("open", "");
    this.#dialog.addEventListener("focusin", () => this.#changeMode(), { once: true });
  }

  #close() {
    if (!this.#dialog.open) return;
    stopReading();
    this.#menu.close();
    this.#nameLauncher();
    this.#launcher.hidden = false;
    this.#dialog.close();
    this.#launcher.focus();
  }

  #changeMode() {
    const dialog = this.#dialog;
    if (!dialog.open || dialog.matches(":modal") === matchMedia(FULL_SCREEN).matches) return;
    const focused = this.shadowRoot.activeElement;
    dialog.close();
    this.#showDialog();
    focused?.focus();
  }

  #nameLauncher() {
    this.#launcherText.textContent = this.#state.items.length ? LABELS.launcher_resume : LABELS.launcher;
  }

  // iOS and Android lay the keyboard over the page; only visualViewport knows the height that is left.
  #fitAboveKeyboard() {
    const { height, offsetTop, scale } = visualViewport;
    const isPinched = scale > 1.01;
    this.#dialog.style.setProperty("--height", isPinched ? "100vh" : `${height}px`);
    this.#dialog.style.setProperty("--top", isPinched ? "0" : `${offsetTop}px`);
  }

  // ---- Beginning ----

  #start() {
    if (this.#controller) return;
    const text = SETTINGS.greeting;
    if (text && !this.#state.items.length) this.#add({ kind: "reply", reply: { text } });
    this.#ask({ payload: "s:start" });
  }

  async #follow(link) {
    if (!link) return;
    this.#appear();
    if (link.question) this.#composer.fill(link.question);
    // A live region that has only just appeared is not read out.
    setTimeout(() => this.#transcript.announce(LABELS.opened), 200);
    const titles = link.topic ? await fetchTitles() : new Map();
    if (link.topic && (titles.has(link.topic) || !titles.size)) this.#tap(titles.get(link.topic), `t:${link.topic}`);
    else if (!this.#state.items.length) this.#start();
  }

  // For the gallery, see memory.js.
  #pose(view) {
    if (view.includes("open")) this.#appear();
    if (view.includes("menu")) this.#menu.toggle();
    if (view.includes("offline")) this.#offline.hidden = false;
    if (view.includes("waiting")) this.#setWaiting(new AbortController());
    if (this.#dialog.open) this.#transcript.scrollTo();
  }

  // ---- Writing and tapping ----

  #send(text) {
    if (this.#controller) return false;
    this.#say(text);
    this.#ask({ text });
    return true;
  }

  #choose(item, { title, payload }, node) {
    if (this.#controller) return;
    markChosen(node);
    if (!item.chosen.includes(payload)) item.chosen.push(payload);
    this.#tap(title, payload);
  }

  #tap(title, payload) {
    if (this.#controller) return;
    if (title) this.#say(title);
    this.#ask({ payload });
  }

  #say(text) {
    this.#transcript.scrollTo(this.#add({ kind: "question", text }));
  }

  #add(item) {
    this.#state.items.push(item);
    return this.#transcript.show(item);
  }

  // ---- Asking: the failure is noted first and taken back on success, so a reload in between loses nothing ----

  async #ask(request) {
    const state = this.#state;
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), TIMEOUT_MS);
    const failure = { kind: "failure", request, error: LABELS.failure };
    stopReading();
    state.items.push(failure);
    saveState(state);
    this.#setWaiting(controller);
    const answer = await this.#exchange(state, request, controller.signal);
    clearTimeout(timer);
    if (this.#controller !== controller) return; // deleted meanwhile
    this.#setWaiting(null);
    if (answer.error) this.#fail(failure, answer.error);
    else this.#receive(failure, answer);
    saveState(state);
  }

  // The server has to hear of Einfache Sprache before it answers for the first time.
  async #exchange(state, request, signal) {
    if (state.plain && !state.conversation && request.payload !== PLAIN) {
      const { conversation, error } = await fetchTurn({ conversation: null, payload: PLAIN }, signal);
      if (error) return { error };
      state.conversation = conversation;
    }
    const answer = await fetchTurn({ conversation: state.conversation, ...request }, signal);
    return request.payload === "s:start" ? suggestTopics(answer) : answer;
  }

  #receive(failure, { conversation, replies, notices = [], version, content }) {
    Object.assign(this.#state, { conversation, notices, version, content });
    this.#state.plain = wordingOf(replies) ?? this.#state.plain;
    this.#forget(failure);
    const [first] = replies.map((reply) => this.#add({ kind: "reply", reply, chosen: [] }));
    this.#transcript.scrollTo(first);
    const news = this.#notices.show(notices).map((text) => `${LABELS.notice} ${text}`);
    this.#transcript.announce([...news, ...replies.map(announcementOf)].join(" "));
    this.#refreshMenu();
  }

  #fail(failure, error) {
    failure.error = error;
    this.#transcript.scrollTo(this.#transcript.show(failure));
    this.#transcript.announce(`${error} ${LABELS.phone_label} ${LABELS.phone}`);
  }

  // The card with the pressed button goes away, so the focus needs a new place.
  #retry(failure, card) {
    if (this.#controller) return;
    this.#forget(failure);
    this.#transcript.log.focus();
    card.remove();
    this.#ask(failure.request);
  }

  #forget(item) {
    this.#state.items = this.#state.items.filter((other) => other !== item);
  }

  #setWaiting(controller) {
    this.#controller = controller;
    this.#transcript.setWaiting(Boolean(controller));
    this.#composer.setWaiting(Boolean(controller));
  }

  // ---- What the menu offers ----

  #refreshMenu() {
    const hasTranscript = this.#state.items.length > 0;
    this.#menu.show({ plain: this.#state.plain, size: this.#size, hasTranscript });
  }

  #switchPlain() {
    if (this.#state.plain) this.#tap(LABELS.plain_off, NORMAL);
    else this.#tap(LABELS.plain_on, PLAIN);
  }

  #resize(size) {
    this.#size = size;
    saveSize(size);
    this.#dialog.dataset.size = size;
    this.#refreshMenu();
  }

  async #download() {
    const now = new Date();
    downloadText(transcriptText(this.#state, await fetchTitles(), now), now);
    this.#transcript.announce(LABELS.downloaded);
  }

  // What lies in the top layer is printed on one page only, so a full-screen chat leaves it for the time being.
  #print() {
    const dialog = this.#dialog;
    this.#transcript.date(new Date(), this.#state);
    dialog.close();
    dialog.setAttribute("open", "");
    this.popover = null;
    printTranscript(this);
    const restore = () => {
      escapeFromPage(this);
      this.#changeMode();
    };
    addEventListener("afterprint", restore, { once: true });
  }

  #reportBarrier() {
    const links = [{ title: LABELS.accessibility, url: new URL("barrierefreiheit#melden", SETTINGS.server).href }];
    this.#say(LABELS.report_barrier);
    this.#transcript.scrollTo(this.#add({ kind: "reply", reply: { text: LABELS.barrier, links } }));
    this.#transcript.announce(LABELS.barrier);
    saveState(this.#state);
  }

  #delete() {
    this.#controller?.abort();
    this.#setWaiting(null);
    stopReading();
    forgetOnServer(this.#state.conversation);
    this.#state = emptyState();
    saveState(this.#state);
    this.#refreshMenu();
    const restart = button("restart", () => this.#start(), LABELS.restart);
    this.#transcript.replaceAll(element("p", {}, LABELS.deleted), element("p", {}, restart));
    this.#transcript.announce(LABELS.deleted);
  }

  #noteConnection(type) {
    this.#offline.hidden = type === "online";
    if (this.#dialog.open) this.#transcript.announce(LABELS[type]);
  }
}
