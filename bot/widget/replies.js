// Rendering of one entry of the transcript.

// The cards for other languages; a screen reader then changes its voice. The server names the language of a card;
// where it does not, the script tells.
function languageOf({ text, language }) {
  if (language) return language;
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const isMostly = (pattern) => (text.match(pattern)?.length ?? 0) > letters / 2;
  if (isMostly(/\p{Script=Arabic}/gu)) return /[پچژگی]/.test(text) ? "fa" : "ar";
  if (isMostly(/\p{Script=Cyrillic}/gu)) return /[іїєґ]/i.test(text) ? "uk" : "ru";
  return "de";
}

function directionOf(language) {
  return ["ar", "fa"].includes(language) ? "rtl" : "ltr";
}

function phoneLink(number) {
  return element("a", { href: `tel:${number.replace(/\D/g, "")}`, dir: "ltr" }, number);
}

// What can be tapped: numbers with a dialling code, 110, 112, 115 and 116 xxx, addresses of mail and web. Amounts,
// dates and paragraphs are none of these: they never start with 0 and 7 digits, and "§ 115" or "112 Euro" stay text.
const NUMBER = String.raw`\b0\d{2,4}[ /-]?\d[\d -]{3,}\d\b`;
const SHORT_NUMBER = String.raw`(?<![\d§] ?|\d[.,])\b11(?:[025]|6 ?\d{3})\b(?![.,]?\d| ?(?:Euro|€|%))`;
const MAIL = String.raw`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`;
const ADDRESS = String.raw`https:\/\/[^\s]*[^\s.,;:!?)]`;
const LINKED = new RegExp(`(${ADDRESS}|${NUMBER}|${SHORT_NUMBER}|${MAIL})`);

function withLinks(text) {
  return text.split(LINKED).map((part, index) => (index % 2 ? linkTo(part) : part));
}

function linkTo(part) {
  if (part.startsWith("https:")) return externalLink(part, part);
  return part.includes("@") ? element("a", { href: `mailto:${part}` }, part) : phoneLink(part);
}

// Editors write lists as lines that begin with "– "; a blank line begins a new paragraph.
function textBlocks(text) {
  return text.trim().split(/\n{2,}/).flatMap((paragraph) => {
    const [lead, ...points] = paragraph.split(/^– /m).map((part) => withLinks(part.trim()));
    const entries = points.map((point) => element("li", {}, ...point));
    const blocks = lead.join("") ? [element("p", { class: "text" }, ...lead)] : [];
    return entries.length ? [...blocks, element("ul", { class: "points" }, ...entries)] : blocks;
  });
}

function safeLinks(links = []) {
  return links.filter(({ url }) => /^(https?|mailto|tel):/.test(url));
}

function externalLink(title, url) {
  const attributes = { href: url, target: "_blank", rel: "noopener" };
  const arrow = element("span", { "aria-hidden": "true" }, " ↗");
  return element("a", attributes, title, spoken(` (${LABELS.new_window})`), arrow);
}

function linkList(links) {
  const list = element("ul", { class: "links" });
  for (const { title, url } of links) {
    const link = url.startsWith("http") ? externalLink(title, url) : element("a", { href: url }, title);
    list.append(element("li", {}, link));
  }
  return list;
}

function originLines({ sources, as_of: day }) {
  const lines = [];
  if (sources?.length) lines.push(`${LABELS.sources} ${sources.join("; ")}`);
  if (day) lines.push(`${LABELS.as_of} ${day.split("-").reverse().join(".")}`);
  return lines;
}

function suggestionList(item, onChoose) {
  const list = element("ul", { class: "suggestions", "aria-label": LABELS.suggestions });
  for (const { title, payload } of item.reply.buttons) {
    const node = button("suggestion", () => onChoose(item, { title, payload }, node), title);
    if (item.chosen?.includes(payload)) markChosen(node);
    list.append(element("li", {}, node));
  }
  return list;
}

function markChosen(node) {
  if (node.classList.contains("chosen")) return;
  node.classList.add("chosen");
  node.prepend(element("span", { "aria-hidden": "true" }, "✓ "));
  node.append(spoken(` (${LABELS.chosen})`));
}

function questionCard({ text }) {
  return element("li", { class: "question" }, spoken(`${LABELS.you} `), text);
}

function replyCard(item, onChoose) {
  const { reply } = item;
  const language = languageOf(reply);
  const words = { class: "words", lang: language, dir: directionOf(language) };
  const card = element("li", { class: "card" }, spoken(LABELS.bot), element("div", words, ...textBlocks(reply.text)));
  const links = safeLinks(reply.links);
  if (links.length) card.append(linkList(links));
  card.append(...originLines(reply).map((line) => element("p", { class: "small" }, line)));
  if (language === "de") card.append(readAloudButton(reply.text));
  if (reply.buttons?.length) card.append(suggestionList(item, onChoose));
  return card;
}

function failureCard({ error }, onRetry) {
  const phone = phoneLink(LABELS.phone);
  phone.className = "phone";
  const lines = [[error], [`${LABELS.phone_label} `, phone], [`${LABELS.hours_label} ${LABELS.hours}`]];
  const paragraphs = lines.map((line) => element("p", {}, ...line));
  const page = element("p", {}, externalLink(LABELS.all_topics, new URL("themen", SETTINGS.server)));
  return element("li", { class: "card failure" }, ...paragraphs, page, button("retry", onRetry, LABELS.retry));
}

function typingCard() {
  const dots = ["", "", ""].map(() => element("span", { class: "dot" }));
  return element("li", { class: "typing", "aria-hidden": "true" }, LABELS.typing, " ", ...dots);
}

function announcementOf({ text, buttons }) {
  if (!buttons?.length) return text;
  return `${text} ${LABELS.suggestions}: ${buttons.map(({ title }) => title).join(", ")}`;
}
