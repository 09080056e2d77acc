// The transcript and the live region beside it, which speaks each new entry once.

const ANNOUNCEMENT_MS = 1000;

class Transcript {
  #items = element("ol", { role: "list" });
  #receipt = element("div", { class: "receipt" });
  #announcementTimer = 0;
  #onChoose;
  #onRetry;

  constructor({ onChoose, onRetry }) {
    this.#onChoose = onChoose;
    this.#onRetry = onRetry;
    const attributes = { class: "log", tabindex: "0", "aria-label": LABELS.transcript };
    this.log = element("section", attributes, this.#receipt, this.#items);
    this.live = element("p", { class: "spoken", role: "status" });
    watchVoices(this.#items);
  }

  show(item) {
    const node = this.#render(item);
    this.#items.append(node);
    return node;
  }

  #render(item) {
    if (item.kind === "question") return questionCard(item);
    if (item.kind === "reply") return replyCard(item, this.#onChoose);
    const card = failureCard(item, () => this.#onRetry(item, card));
    return card;
  }

  replaceAll(...nodes) {
    this.#items.replaceChildren(element("li", { class: "card" }, ...nodes));
  }

  setWaiting(isWaiting) {
    this.#items.querySelector(".typing")?.remove();
    if (isWaiting) {
      const typing = typingCard();
      this.#items.append(typing);
      this.scrollTo(typing);
    }
    for (const node of this.#items.querySelectorAll(".suggestion, .retry, .restart")) {
      node.setAttribute("aria-disabled", String(isWaiting));
    }
  }

  // To the beginning of the entry: a long answer is read from its first line.
  scrollTo(node = this.#items.lastElementChild) {
    if (!node) return;
    const dialog = this.log.closest("dialog");
    const scroller = getComputedStyle(this.log).overflowY === "visible" ? dialog : this.log;
    const distance = node.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    scroller.scrollTop = node === this.#items.firstElementChild ? 0 : scroller.scrollTop + distance - 12;
  }

  // Emptied after a second, so that nobody meets the text a second time while browsing.
  announce(text) {
    clearTimeout(this.#announcementTimer);
    this.live.textContent = text;
    this.#announcementTimer = setTimeout(() => (this.live.textContent = ""), ANNOUNCEMENT_MS);
  }

  // What a printed page says above the conversation, as the downloaded text does.
  date(now, state) {
    const lines = [LABELS.receipt_note, momentLine(now), versionLine(state)].filter(Boolean);
    const paragraphs = lines.map((line) => element("p", {}, line));
    this.#receipt.replaceChildren(element("h3", {}, LABELS.receipt_title), ...paragraphs);
  }
}
