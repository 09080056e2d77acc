// Tools: read aloud, download, print.

// ---- Read aloud: only with a German voice of the device itself; other voices send the text to their maker ----

const speech = globalThis.speechSynthesis;
let speakingButton = null;

function germanVoice() {
  return speech?.getVoices().find(({ lang, localService }) => localService && /^de(?![a-z])/i.test(lang));
}

function readAloudButton(text) {
  const node = button("read", () => (speakingButton === node ? stopReading() : readAloud(text, node)), icon("speak"));
  node.append(element("span", {}, LABELS.read_aloud));
  node.hidden = !germanVoice();
  return node;
}

function readAloud(text, node) {
  stopReading();
  const voice = germanVoice();
  speakingButton = node;
  node.lastChild.textContent = LABELS.stop_reading;
  // Paragraph by paragraph: some browsers fall silent in the middle of a long text.
  const parts = text.split(/\n+/).map((part) => part.replace(/^– /, "").trim()).filter(Boolean);
  for (const [index, part] of parts.entries()) {
    const utterance = new SpeechSynthesisUtterance(part);
    Object.assign(utterance, { voice, lang: voice.lang });
    const isLast = index === parts.length - 1;
    utterance.onerror = () => speakingButton === node && stopReading();
    utterance.onend = () => isLast && speakingButton === node && stopReading();
    speech.speak(utterance);
  }
}

function stopReading() {
  if (!speakingButton) return;
  speakingButton.lastChild.textContent = LABELS.read_aloud;
  speakingButton = null;
  speech.cancel();
}

// Browsers load their voices when they like.
function watchVoices(root) {
  speech?.addEventListener?.("voiceschanged", () => {
    for (const node of root.querySelectorAll(".read")) node.hidden = !germanVoice();
  });
}

// ---- Download: a dated text with questions, answers, topics, sources and Stand ----

function transcriptText(state, titles, now) {
  const entries = state.items.flatMap((item) => {
    if (item.kind === "question") return [`${LABELS.you}\n${item.text}`];
    return item.kind === "reply" ? [describeReply(item.reply, titles)] : [];
  });
  const origin = [momentLine(now), versionLine(state)].filter(Boolean).join("\n");
  return `${[LABELS.receipt_title, origin, LABELS.receipt_note, ...entries].join("\n\n")}\n`;
}

function describeReply(reply, titles) {
  const topic = titles.get(reply.topic);
  const links = safeLinks(reply.links).map(({ title, url }) => `${title}: ${url}`);
  const lines = [LABELS.bot, topic ? `${LABELS.topic} ${topic}` : "", reply.text.trim(), ...links];
  return [...lines, ...originLines(reply)].filter(Boolean).join("\n");
}

function momentLine(now) {
  const moment = now.toLocaleString("de-DE", { dateStyle: "long", timeStyle: "short" });
  return `${LABELS.receipt_day} ${moment} Uhr`;
}

function versionLine({ version, content }) {
  return version ? `${LABELS.program} ${version} · ${LABELS.contents} ${content}` : "";
}

function downloadText(text, now) {
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0"));
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  element("a", { href: url, download: `jobcenter-auskunft-${day.join("-")}.txt` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

// ---- Print: the transcript and nothing of the page around it, which gets its own look back afterwards ----

const ONLY_CHAT = `
  @media print {
    html, body, :has(jobcenter-chat) { all: revert !important; background: none !important; }
    body :not(jobcenter-chat, :has(jobcenter-chat)) { display: none !important; }
  }
`;

function printTranscript(host) {
  const sheet = styleSheet(ONLY_CHAT);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  host.setAttribute("data-printing", "");
  const restore = () => {
    host.removeAttribute("data-printing");
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
  };
  addEventListener("afterprint", restore, { once: true });
  print();
}
