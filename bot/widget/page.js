// The page around the chat, and what it says at the start: deep links, for QR codes on letters and links on websites.
//   ?thema=kaution    opens the chat with this answer
//   ?frage=…          opens it with a question in the field; sending it stays with the person
// Both leave the address at once, so that a reload does not repeat them and no question stays in the history.

const MAX_LINKED_QUESTION = 300;

function takeDeepLink() {
  const address = new URL(location.href);
  const topic = address.searchParams.get("thema") ?? "";
  const question = address.searchParams.get("frage")?.trim() ?? "";
  if (!topic && !question) return null;
  for (const name of ["thema", "frage"]) address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
  return { topic: TOPIC.test(topic) ? topic : "", question: [...question].slice(0, MAX_LINKED_QUESTION).join("") };
}

// A page that turns, fades or blurs its body would do the same to the chat, unless that is in the top layer. Elsewhere
// it stays out of there, so that a page can put its own questions, about cookies for example, in front of it.
const UNHARMED = {
  ...{ transform: "none", rotate: "none", scale: "none", translate: "none" },
  ...{ perspective: "none", filter: "none", opacity: "1" },
};

function escapeFromPage(host) {
  if (!host.showPopover || host.matches(":popover-open")) return;
  for (let node = host.parentElement; node; node = node.parentElement) {
    const style = getComputedStyle(node);
    if (Object.keys(UNHARMED).every((name) => style[name] === UNHARMED[name])) continue;
    host.popover = "manual";
    host.showPopover();
    return;
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
