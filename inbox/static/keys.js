// Keys for those who would rather not reach for the mouse. None works while one is typing.
import { choose, composer } from "./composer.js";
import { get } from "./page.js";

const rows = get("rows"), dialog = get("keys");

function go(step) {
  const all = [...rows.querySelectorAll("a")];
  const at = all.findIndex((one) => one.getAttribute("aria-current"));
  all[at < 0 ? 0 : at + step]?.click();
}
function press(key) {
  const one = [...document.querySelectorAll(`#head [data-key="${key}"]`)].find((found) => found.checkVisibility());
  if (one) { one.focus(); one.click(); }
}
function write(mode) {
  if (!composer) return;
  choose(mode);
  get("answer").focus();
}

const acts = {
  j: () => go(1), k: () => go(-1),
  r: () => write("answer"), n: () => write("note"),
  e: () => press("e"), s: () => press("s"), a: () => press("a"),
  "/": () => document.querySelector("[type=search]")?.focus(),
  "?": () => dialog?.showModal(),
};

if (rows) {
  addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, textarea, select, [contenteditable], dialog");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
