// Memory: sessionStorage of this tab only, gone when the tab closes. Stored under "jobcenter-chat", or with
// data-storage="name" under "jobcenter-chat-name":
//   { conversation: "id" or null, plain: false, items: [
//     { kind: "question", text: "…" },
//     { kind: "reply", reply: { text, buttons, links, sources, as_of, topic }, chosen: ["t:umzug"] },
//     { kind: "failure", request: { text: "…" } or { payload: "…" }, error: "…" } ],
//     notices: ["…"], version: "0.1.0", content: "2026-11-22 ab12cd3",
//     view: ["open", "menu", "offline", "waiting"] }
// `view` is for the gallery and only read with data-storage: how the chat looks when the page has loaded, in any
// combination. The focus stays where it was. Everything but `items` may be missing.

const STORAGE_KEY = SETTINGS.storage ? `jobcenter-chat-${SETTINGS.storage}` : "jobcenter-chat";
const SIZE_KEY = `${STORAGE_KEY}-size`;
const DISMISSED_KEY = `${STORAGE_KEY}-dismissed`;

function emptyState() {
  return { conversation: null, plain: SETTINGS.language === "plain", items: [], notices: [] };
}

function loadState() {
  try {
    const state = JSON.parse(sessionStorage.getItem(STORAGE_KEY));
    if (Array.isArray(state?.items)) return { ...emptyState(), ...state };
  } catch {
    // Storage may be blocked or hold something foreign; the chat then starts afresh.
  }
  return emptyState();
}

function saveState(state) {
  write(STORAGE_KEY, state.items.length ? JSON.stringify(state) : null);
}

function loadSize() {
  try {
    return Number(sessionStorage.getItem(SIZE_KEY)) || 0;
  } catch {
    return 0;
  }
}

function saveSize(size) {
  write(SIZE_KEY, size || null);
}

function loadDismissed() {
  try {
    const texts = JSON.parse(sessionStorage.getItem(DISMISSED_KEY));
    if (Array.isArray(texts)) return texts;
  } catch {
    // As in loadState.
  }
  return [];
}

function saveDismissed(texts) {
  write(DISMISSED_KEY, JSON.stringify(texts));
}

function write(key, value) {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    // Blocked or full: the chat goes on, only a reload forgets it.
  }
}
