// Shows what the server has as soon as it changes, filters the list of topics, and sends the question.
const PARTS = ["stand", "stoerung", "vorschau", "meldungen"];
const RETRY_MILLISECONDS = 2000;
const LOST = "Die Vorschau antwortet nicht mehr. Neu starten: ./run preview";

let asked = null;

async function fetchPage(address, options) {
  const response = await fetch(address, options);
  if (!response.ok) {
    throw new Error(await response.text());
  }
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

function replace(id, page) {
  const fresh = page.getElementById(id);
  const old = document.getElementById(id);
  if (!fresh || !old || fresh.isEqualNode(old)) {
    return;
  }
  // a day that is being typed must not be lost, nor a list that was opened
  const day = old.querySelector("input[type=date]");
  const typed = day && document.activeElement === day ? day.value : null;
  const open = [...old.querySelectorAll("details")].map((details) => details.open);
  old.replaceChildren(...fresh.childNodes);
  old.querySelectorAll("details").forEach((details, index) => {
    details.open = details.open || Boolean(open[index]);
  });
  if (typed !== null) {
    const next = old.querySelector("input[type=date]");
    if (next) {
      next.value = typed;
      next.focus();
    }
  }
}

async function update() {
  const page = await fetchPage(location.pathname === "/frage" ? "/" : location.href);
  if (!page.getElementById("themen") !== !document.getElementById("themen")) {
    location.reload(); // the first readable content has come
    return;
  }
  PARTS.forEach((id) => replace(id, page));
  if (asked) {
    await ask(asked);
  }
}

async function follow() {
  let version = Number(document.body.dataset.version);
  for (;;) {
    try {
      const state = await (await fetch(`/stand?version=${version}`)).json();
      if (state.version !== version) {
        version = state.version;
        await update();
      }
    } catch {
      document.getElementById("stand").textContent = LOST;
      version = 0;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
    }
  }
}

async function ask(fields) {
  const page = await fetchPage("/frage", { method: "POST", body: fields });
  replace("versuch", page);
}

function listen(form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    asked = new URLSearchParams(new FormData(form));
    document.getElementById("versuch").textContent = "Frage gestellt …";
    ask(asked).catch((error) => {
      document.getElementById("versuch").textContent = error.message;
    });
  });
}

function filter() {
  const words = document.getElementById("suche").value.toLowerCase().split(/\s+/);
  let found = 0;
  for (const section of document.querySelectorAll("#liste section")) {
    let shown = 0;
    for (const entry of section.querySelectorAll("li")) {
      const text = entry.textContent.toLowerCase();
      entry.hidden = !words.every((word) => text.includes(word));
      shown += entry.hidden ? 0 : 1;
    }
    section.hidden = shown === 0;
    found += shown;
  }
  document.getElementById("nichts").hidden = found > 0;
}

const form = document.getElementById("fragen");
if (form) {
  listen(form);
  document.getElementById("suchfeld").hidden = false;
  document.getElementById("suche").addEventListener("input", filter);
  const chosen = document.querySelector("#liste [aria-current]");
  if (chosen) {
    const list = document.getElementById("liste"); // scrollIntoView would move the page as well
    list.scrollTop = chosen.offsetTop - list.offsetTop - list.clientHeight / 2;
  }
}
follow();
