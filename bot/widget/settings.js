// What a website editor can set, as attributes of the script tag. A wrong value is named on the console, in German,
// and the default takes its place: a typing mistake must not cost the citizens the chat.
//   data-color="#0b6e4f"                colour of header and buttons
//   data-position="left"                where the button floats: right or left
//   data-language="plain"               Einfache Sprache from the first answer on: de or plain
//   data-greeting="…"                   a sentence of your own above the greeting
//   data-topics="kaution,umzug"         the first suggestions, by topic id
//   data-server="https://bot.example/"  where the bot is, when this script is delivered from somewhere else
//   data-storage="name"                 keeps this conversation apart from others on the same site, see memory.js

// The server puts the words of responses/_widget.yml and the text of the style sheets in these two places.
const LABELS = __LABELS__;
const STYLE = __STYLE__;

const SCRIPT = document.currentScript ?? document.querySelector("script[data-server]");
const MAX_GREETING = 300;
const MAX_TOPICS = 6;
const TOPIC = /^[a-z0-9_]{1,60}$/;

// The surfaces of window.css on which the accent colour is read as text.
const LIGHT_CANVAS = "#f2f6f8";
const DARK_SURFACE = "#1a2a33";
const AA = 4.5;

function warn(name, value, sentence) {
  console.warn(`Jobcenter-Chat: data-${name}="${value}" ${sentence}`);
}

function readSettings({ color, position, language, greeting, topics, server, storage }) {
  return {
    color: readColor(color),
    position: readChoice("position", position, ["right", "left"]),
    language: readChoice("language", language, ["de", "plain"]),
    greeting: readGreeting(greeting),
    topics: readTopics(topics),
    server: readServer(server),
    storage: readStorage(storage),
  };
}

function readChoice(name, value, [standard, ...others]) {
  if (value === undefined || value === standard || others.includes(value)) return value ?? standard;
  warn(name, value, `gibt es nicht; möglich sind: ${[standard, ...others].join(", ")}. Es gilt ${standard}.`);
  return standard;
}

function readGreeting(value = "") {
  const greeting = value.trim();
  if (greeting.length <= MAX_GREETING) return greeting;
  warn("greeting", `${greeting.slice(0, 20)}…`, `ist länger als ${MAX_GREETING} Zeichen und wird nicht gezeigt.`);
  return "";
}

function readTopics(value = "") {
  const names = value.split(",").map((name) => name.trim()).filter(Boolean);
  const wrong = names.filter((name) => !TOPIC.test(name));
  if (wrong.length) warn("topics", wrong.join(","), "ist keine Kennung eines Themens und wird ausgelassen.");
  if (names.length > MAX_TOPICS) warn("topics", value, `nennt zu viele Themen; gezeigt werden ${MAX_TOPICS}.`);
  return names.filter((name) => TOPIC.test(name)).slice(0, MAX_TOPICS);
}

function readServer(value) {
  const standard = new URL(".", SCRIPT?.src || location.href);
  if (value === undefined) return standard;
  const isAddress = URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
  if (isAddress) return new URL(value.endsWith("/") ? value : `${value}/`);
  warn("server", value, `ist keine Adresse wie https://bot.example/. Es gilt ${standard}`);
  return standard;
}

function readStorage(value = "") {
  if (/^[\w-]{0,40}$/.test(value)) return value;
  warn("storage", value, "darf nur Buchstaben, Ziffern, _ und - enthalten und gilt nicht.");
  return "";
}

// ---- Colour: whatever an editor chooses, text stays readable (WCAG 1.4.3, contrast 4.5 : 1) ----

function readColor(value) {
  if (value === undefined) return null;
  const color = value.trim().toLowerCase().replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3");
  if (!/^#[0-9a-f]{6}$/.test(color)) {
    warn("color", value, "ist keine Farbe wie #0b4f6c. Es bleibt bei der üblichen Farbe.");
    return null;
  }
  const contrast = contrastOf(color, LIGHT_CANVAS);
  if (contrast >= AA) return color;
  const figure = (Math.floor(contrast * 10) / 10).toLocaleString("de-DE");
  const advice = `Der Kontrast ist ${figure} : 1, nötig sind 4,5 : 1. Lesbar wäre ${readableOn(LIGHT_CANVAS, color)}.`;
  warn("color", value, `ist zu hell zum Lesen. ${advice} Es bleibt bei der üblichen Farbe.`);
  return null;
}

function channelsOf(color) {
  return [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16));
}

function luminanceOf(color) {
  const [red, green, blue] = channelsOf(color).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrastOf(one, other) {
  const [dark, light] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function textOn(color) {
  return contrastOf(color, "#ffffff") >= contrastOf(color, "#000000") ? "#ffffff" : "#000000";
}

// Mixed with white or black, in steps of a twentieth, until it can be read.
function readableOn(background, color) {
  const target = luminanceOf(background) < 0.2 ? 255 : 0;
  for (let step = 0; ; step += 1) {
    const mixed = channelsOf(color).map((channel) => Math.round(channel + ((target - channel) * step) / 20));
    const result = `#${mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
    if (contrastOf(result, background) >= AA) return result;
  }
}

function colorRules(color) {
  const dark = readableOn(DARK_SURFACE, color);
  const rules = (accent) => `--jc-accent: ${accent}; --jc-on-accent: ${textOn(accent)};`;
  return `
    :host { ${rules(color)} --jc-header: ${color}; --jc-on-header: ${textOn(color)}; }
    @media screen and (prefers-color-scheme: dark) { :host { ${rules(dark)} } }
  `;
}

const SETTINGS = readSettings(SCRIPT?.dataset ?? {});
