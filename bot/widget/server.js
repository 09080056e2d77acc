// The server: one address, no cookies; an error is a German sentence to show.

const MESSAGES = new URL("api/messages", SETTINGS.server);
const TOPICS = new URL("api/topics", SETTINGS.server);
const PLAIN = "s:plain";
const NORMAL = "s:normal";
const TIMEOUT_MS = 20_000;
const PRIVATELY = { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" };

function post(body, options) {
  const headers = { "Content-Type": "application/json" };
  return fetch(MESSAGES, { method: "POST", headers, body: JSON.stringify(body), ...PRIVATELY, ...options });
}

async function fetchTurn(body, signal) {
  try {
    const response = await post(body, { signal });
    const answer = await response.json();
    if (response.ok && Array.isArray(answer.replies)) return answer;
    return { error: typeof answer.error === "string" ? answer.error : LABELS.failure };
  } catch {
    // No network, time-out or a proxy's HTML page: for the citizen all the same.
    return { error: LABELS.failure };
  }
}

// What the server remembers of a conversation is a topic and a few flags, for half an hour; should this request get
// lost, that half hour ends it.
function forgetOnServer(conversation) {
  if (conversation) post({ conversation, payload: "s:delete" }, { keepalive: true }).catch(() => {});
}

// Titles by topic id. Without them the chat works as well: the topics of the page are then not suggested.
async function fetchTitles() {
  try {
    const response = await fetch(TOPICS, { ...PRIVATELY, signal: AbortSignal.timeout(TIMEOUT_MS) });
    return response.ok ? new Map(Object.entries(await response.json())) : new Map();
  } catch {
    return new Map();
  }
}

// The topics an editor chose take the place of the usual ones below the greeting; "Mehr Themen" stays.
async function suggestTopics(answer) {
  const titles = SETTINGS.topics.length && !answer.error ? await fetchTitles() : new Map();
  const unknown = SETTINGS.topics.filter((name) => titles.size && !titles.has(name));
  if (unknown.length) warn("topics", unknown.join(","), "kennt der Bot nicht; das Thema wird ausgelassen.");
  const chosen = SETTINGS.topics.filter((name) => titles.has(name));
  if (!chosen.length) return answer;
  const buttons = chosen.map((name) => ({ title: titles.get(name), payload: `t:${name}` }));
  const replies = answer.replies.map((reply) => {
    const others = reply.buttons.filter(({ payload }) => !payload.startsWith("t:"));
    return reply.buttons.length ? { ...reply, buttons: [...buttons, ...others] } : reply;
  });
  return { ...answer, replies };
}

// An answer offers the other wording, so it tells which one it is in, even when the server has forgotten the switch.
function wordingOf(replies) {
  const payloads = replies.flatMap(({ buttons }) => buttons ?? []).map(({ payload }) => payload);
  if (payloads.includes(NORMAL)) return true;
  return payloads.includes(PLAIN) ? false : undefined;
}
