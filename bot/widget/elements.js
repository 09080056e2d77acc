// Building blocks: strings become text nodes, so no message is ever read as HTML.

const ICONS = {
  chat: ["M4 5h16v11H10l-5 4v-4H4z", "M8 9h8", "M8 12.5h5"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  delete: ["M5 7h14", "M9 7V4h6v3", "M7 7l1 13h8l1-13"],
  download: ["M12 4v11", "M7 11l5 5 5-5", "M5 20h14"],
  help: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M9.5 9.5a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.1.9-1.1 1.7", "M12 17v.01"],
  info: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M12 11v5.5", "M12 7.5v.01"],
  list: ["M9 6h11", "M9 12h11", "M9 18h11", "M4.5 6v.01", "M4.5 12v.01", "M4.5 18v.01"],
  more: ["M5 7h14", "M5 12h14", "M5 17h14"],
  offline: ["M4 4l16 16", "M5 12.5a10 10 0 0 1 4-2.4M13 9.6a10 10 0 0 1 6 2.9", "M8.5 16a5 5 0 0 1 7 0M12 20v.01"],
  person: ["M12 4a2 2 0 1 0 0 4 2 2 0 0 0 0-4z", "M5 10l5 1v4l-2 6", "M19 10l-5 1v4l2 6", "M10 11h4"],
  plain: ["M4 6h16", "M4 11h10", "M4 16h13"],
  print: ["M7 9V4h10v5", "M7 17H4V9h16v8h-3", "M7 14h10v6H7z"],
  send: ["M5 12h13", "M12 6l6 6-6 6"],
  shield: ["M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z"],
  speak: ["M4 10v4h3l5 4V6L7 10z", "M15.5 9a4 4 0 0 1 0 6", "M18 6.5a8 8 0 0 1 0 11"],
};

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function icon(name) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const shape of ICONS[name]) {
    const path = document.createElementNS(namespace, "path");
    path.setAttribute("d", shape);
    svg.append(path);
  }
  return svg;
}

function button(className, onClick, ...children) {
  const node = element("button", { type: "button", class: className }, ...children);
  node.addEventListener("click", onClick);
  return node;
}

function spoken(text) {
  return element("span", { class: "spoken" }, text);
}

function styleSheet(text) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}
