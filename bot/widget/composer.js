// Where the citizen writes: a form with one field and its counter.

const MAX_LENGTH = 2000;
const COUNTER_FROM = 1800;

class Composer {
  #input = element("textarea", {
    id: "input",
    rows: "1",
    "aria-describedby": "privacy hint",
    autocomplete: "off",
    enterkeyhint: "send",
  });
  #send = element("button", { type: "submit", class: "send" }, element("span", {}, LABELS.send), icon("send"));
  #hint = element("p", { id: "hint", class: "hint", hidden: "" });
  #onRefuse;

  // `onSend` tells whether the text was taken; otherwise it stays in the field.
  constructor({ onSend, onRefuse }) {
    this.#onRefuse = onRefuse;
    const label = element("label", { for: "input" }, LABELS.input);
    const privacy = element("p", { id: "privacy", class: "small" }, LABELS.privacy);
    const above = element("div", { class: "above" }, label, privacy);
    this.form = element("form", {}, above, element("div", { class: "row" }, this.#input, this.#send), this.#hint);
    this.#input.addEventListener("input", () => this.#count());
    this.#input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.#input.value.trim();
      if (this.#mayBeSent(text) && onSend(text)) this.fill("");
    });
  }

  focus() {
    this.#input.focus();
  }

  fill(text) {
    this.#input.value = text;
    this.#count();
  }

  setWaiting(isWaiting) {
    this.#send.setAttribute("aria-disabled", String(isWaiting));
  }

  #mayBeSent(text) {
    if (text && this.#count() <= MAX_LENGTH) return true;
    if (!text) this.#say(LABELS.empty, true);
    this.#onRefuse(this.#hint.textContent);
    this.focus();
    return false;
  }

  // Longer text can be typed and shortened; a hard limit would cut a pasted letter without a word.
  #count() {
    const length = [...this.#input.value.trim()].length;
    const left = MAX_LENGTH - length;
    if (left < 0) this.#say(`${-left} ${LABELS.characters_over}`, true);
    else this.#say(length >= COUNTER_FROM ? `${left} ${LABELS.characters_left}` : "", false);
    return length;
  }

  #say(text, isWrong) {
    this.#hint.textContent = text;
    this.#hint.hidden = !text;
    this.#hint.classList.toggle("wrong", isWrong);
    this.#input.setAttribute("aria-invalid", String(isWrong));
  }
}
