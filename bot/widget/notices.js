// The strip above the transcript: what the Jobcenter tells everybody at the moment. What somebody has closed stays
// closed in this tab; a new text shows again.

class NoticeStrip {
  #texts = [];
  #lines = element("div", { class: "lines" });

  constructor({ onDismiss }) {
    const dismiss = button("dismiss", () => {
      saveDismissed([...loadDismissed(), ...this.#texts]);
      this.show([]);
      onDismiss();
    }, icon("close"), spoken(LABELS.dismiss));
    const attributes = { class: "notices", "aria-label": LABELS.notices, hidden: "" };
    this.node = element("section", attributes, icon("info"), this.#lines, dismiss);
  }

  // Returns what was not there before, so that each text is announced once.
  show(texts) {
    const dismissed = loadDismissed();
    const before = this.#texts;
    this.#texts = texts.filter((text) => !dismissed.includes(text));
    this.#lines.replaceChildren(...this.#texts.map((text) => element("p", {}, ...withLinks(text))));
    this.node.hidden = !this.#texts.length;
    return this.#texts.filter((text) => !before.includes(text));
  }
}
