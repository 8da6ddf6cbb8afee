// What can be put in while one types: "/" at the beginning of an answer offers replies kept ready,
// "@" in a note offers colleagues. Arrows choose, Enter or Tab puts in, Escape leaves.
import { answer, composer, isNote } from "./composer.js";
import { get } from "./page.js";
import { thread } from "./thread.js";

const list = get("offers");
const MOST = 8;
let replies = null, asked = 0, offered = [], chosen = 0, start = 0;

async function readReplies() {
  // Filled for this contact by the server; what changes there is seen within a minute.
  if (replies && Date.now() - asked < 60000) return replies;
  asked = Date.now();
  const response = await fetch(`/inbox/${thread.dataset.id}/replies`, { headers: { Accept: "application/json" } });
  if (!response.ok) return replies || [];
  replies = (await response.json()).replies;
  return replies;
}

function wantedReply() {
  const before = answer.value.slice(0, answer.selectionStart);
  return !isNote() && /^\/[^\s/]*$/u.test(before) ? before.slice(1).toLowerCase() : null;
}
function wantedPerson() {
  const before = answer.value.slice(0, answer.selectionStart);
  const found = isNote() && before.match(/(?:^|\s)@([^\s@]*)$/u);
  return found ? found[1].toLowerCase() : null;
}

async function look() {
  const reply = wantedReply(), person = wantedPerson();
  if (reply !== null) {
    const all = await readReplies();
    if (wantedReply() !== reply) return;
    const first = all.filter((one) => one.shortcut.startsWith(reply));
    const others = all.filter((one) => !first.includes(one) && one.text.toLowerCase().includes(reply));
    start = 0;
    show([...first, ...others].map((one) => ({ title: `/${one.shortcut}`, about: one.text, text: one.text })));
  } else if (person !== null) {
    const names = JSON.parse(list.dataset.people);
    start = answer.selectionStart - person.length - 1;
    show(names.filter((name) => name.toLowerCase().includes(person)).map((name) => ({ title: `@${name}`, text: `@${name} ` })), true);
  } else hide();
}

function show(found, isQuiet) {
  offered = found.slice(0, MOST);
  chosen = 0;
  list.replaceChildren(...offered.map(option));
  if (!offered.length && !isQuiet) {
    const none = document.createElement("li");
    none.className = "small";
    none.textContent = list.dataset.none;
    list.append(none);
  }
  list.hidden = !list.children.length;
  mark();
}

function option(one, place) {
  const item = document.createElement("li"), title = document.createElement("b"), about = document.createElement("span");
  item.id = `offer${place}`;
  item.setAttribute("role", "option");
  title.textContent = one.title;
  about.textContent = one.about || "";
  about.dir = "auto";
  item.append(title, " ", about);
  // Before the text field loses the caret.
  item.addEventListener("pointerdown", (event) => { event.preventDefault(); put(place); });
  return item;
}

function mark() {
  for (const [place, item] of [...list.querySelectorAll("[role=option]")].entries()) {
    item.setAttribute("aria-selected", String(place === chosen));
    if (place === chosen) item.scrollIntoView({ block: "nearest" });
  }
  if (offered.length && !list.hidden) answer.setAttribute("aria-activedescendant", `offer${chosen}`);
  else answer.removeAttribute("aria-activedescendant");
}

function hide() {
  list.hidden = true;
  offered = [];
  mark();
}

function put(place) {
  const { text } = offered[place], end = answer.selectionStart;
  hide();
  answer.setRangeText(text, start, end, "end");
  answer.dispatchEvent(new Event("input", { bubbles: true }));
}

function keyed(event) {
  if (list.hidden || event.isComposing) return;
  if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); hide(); return; }
  if (!offered.length) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    chosen = (chosen + step + offered.length) % offered.length;
    mark();
  } else if (event.key === "Enter" || event.key === "Tab") {
    // Also keeps the composer from sending.
    event.preventDefault();
    put(chosen);
  }
}

if (composer) {
  // Ahead of the composer's own, which sends with Enter.
  answer.addEventListener("keydown", keyed, { capture: true });
  answer.addEventListener("input", look);
  answer.addEventListener("click", look);
  answer.addEventListener("blur", hide);
}
