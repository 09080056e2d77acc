// The menu "Mehr": a button that shows and hides a panel below it. Escape closes the panel before the chat.

class Menu {
  #toggle;
  #panel;
  #plain;
  #sizes;
  #withTranscript;

  constructor(actions) {
    const entry = (name, run, label = LABELS[name]) => this.#entry(name, run, label);
    const barrier = entry("help", actions.reportBarrier, LABELS.report_barrier);
    const page = (name, path, label) => {
      const link = externalLink(label, new URL(path, SETTINGS.server));
      link.prepend(icon(name));
      return link;
    };
    this.#plain = entry("plain", actions.switchPlain);
    this.#plain.append(element("span", { class: "switch", "aria-hidden": "true" }));
    this.#withTranscript = [entry("download", actions.download), entry("print", actions.print)];
    const groups = [
      [this.#plain, this.#sizeGroup(actions.resize)],
      [...this.#withTranscript, entry("delete", actions.delete)],
      [page("list", "themen", LABELS.all_topics), entry("shield", actions.askPrivacy, LABELS.data_protection)],
      [barrier, page("person", "barrierefreiheit", LABELS.accessibility)],
    ];
    this.#panel = element("div", { id: "menu", class: "menu", hidden: "" });
    for (const group of groups) {
      const items = group.map((node) => element("li", {}, node));
      this.#panel.append(element("ul", { role: "list" }, ...items));
    }
    this.#toggle = button("tool", () => this.toggle(), icon("more"), element("span", {}, LABELS.more));
    this.#toggle.setAttribute("aria-controls", "menu");
    this.close();
    this.#panel.addEventListener("focusout", ({ relatedTarget: next }) => {
      if (next && next !== this.#toggle && !this.#panel.contains(next)) this.close();
    });
  }

  get nodes() {
    return [this.#toggle, this.#panel];
  }

  get isOpen() {
    return !this.#panel.hidden;
  }

  toggle() {
    this.#setOpen(!this.isOpen);
  }

  close() {
    this.#setOpen(false);
  }

  #setOpen(isOpen) {
    this.#panel.hidden = !isOpen;
    this.#toggle.setAttribute("aria-expanded", String(isOpen));
  }

  // For Escape and for entries that have done their work: the focus must not vanish with the panel.
  leave() {
    this.#toggle.focus();
    this.close();
  }

  isAround(node) {
    return this.nodes.some((part) => part.contains(node));
  }

  show({ plain, size, hasTranscript }) {
    this.#plain.setAttribute("aria-pressed", String(plain));
    this.#sizes.forEach((node, index) => node.setAttribute("aria-pressed", String(index === size)));
    for (const node of this.#withTranscript) node.parentElement.hidden = !hasTranscript;
  }

  #entry(name, run, label) {
    const onClick = () => {
      this.leave();
      run();
    };
    return button(name, onClick, icon(name), element("span", {}, label));
  }

  #sizeGroup(resize) {
    this.#sizes = ["A", "A+", "A++"].map((sign, index) => {
      const seen = element("span", { "aria-hidden": "true" }, sign);
      return button(`size size-${index}`, () => resize(index), seen, spoken(LABELS[`size_${index}`]));
    });
    const title = element("span", { id: "sizes" }, LABELS.size);
    return element("div", { class: "sizes", role: "group", "aria-labelledby": "sizes" }, title, ...this.#sizes);
  }
}
