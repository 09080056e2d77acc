// Sets up one example of the gallery: fills sessionStorage, loads the widget and does the steps of examples.yml.
(() => {
  "use strict";

  const task = JSON.parse(document.currentScript.dataset.task);
  const LONGEST_WAIT_MS = 10_000;

  // Waits for something the widget builds; an example either reaches its state or says what is missing.
  async function find(what, search) {
    const end = performance.now() + LONGEST_WAIT_MS;
    while (performance.now() < end) {
      const found = search(document.querySelector("jobcenter-chat").shadowRoot);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`Galerie: ${what} fehlt`);
  }

  const isVisible = (node) => node.getClientRects().length > 0;
  const nameOf = (node) => (node.getAttribute("aria-label") ?? node.textContent).trim();

  function findButton(name) {
    return find(`der Knopf „${name}“`, (root) =>
      [...root.querySelectorAll("button")].filter(isVisible).findLast((node) => nameOf(node) === name));
  }

  // Not scrollIntoView: it would scroll the overview around the frame as well.
  async function show(words) {
    const entry = await find(`„${words}“`, (root) =>
      [...root.querySelectorAll(".log > ol > li")].find((node) => node.textContent.includes(words)));
    const log = entry.closest(".log");
    log.scrollTop += entry.getBoundingClientRect().top - log.getBoundingClientRect().top - 12;
  }

  async function type(text) {
    const input = await find("das Eingabefeld", (root) => root.querySelector("textarea"));
    input.value = text;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  async function setUp() {
    for (const step of task.steps) {
      if (step.press) (await findButton(step.press)).click();
      else if (step.show) await show(step.show);
      else await type(step.text);
    }
    document.documentElement.dataset.example = "ready";
    if (frameElement) leaveFocusToOverview();
  }

  // Pressing a button may move the focus into the frame; nobody in the overview asked for that.
  function leaveFocusToOverview() {
    if (parent.document.activeElement === frameElement) frameElement.blur();
    frameElement.inert = false;
  }

  const storage = `jobcenter-chat-${task.name}`;
  sessionStorage.setItem(storage, JSON.stringify(task.state));
  if (task.size) sessionStorage.setItem(`${storage}-size`, task.size);
  else sessionStorage.removeItem(`${storage}-size`);
  sessionStorage.removeItem(`${storage}-dismissed`);
  const script = document.createElement("script");
  script.src = "/widget.js";
  script.dataset.storage = task.name;
  script.addEventListener("load", setUp);
  document.head.append(script);
})();
