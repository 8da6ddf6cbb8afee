// Editing an answer that was sent: the composer holds its text until it is saved or Escape is
// pressed; what was being written meanwhile comes back afterwards.
import { answer, complain, composer, edits, isNote } from "./composer.js";
import { get, words } from "./page.js";
import { showMessage, thread, toEnd } from "./thread.js";

const messages = thread && get("messages");

function textOf(bubble) {
  return [...bubble.querySelectorAll(".said")].map((one) => one.textContent).join("");
}

function begin(link) {
  const bubble = link.closest("li"), menu = link.closest("details");
  if (isNote()) composer.elements.mode.value = "answer";
  menu.open = false;
  bubble.classList.add("being-edited");
  edits(bubble.dataset.id, textOf(bubble));
}

function leave() {
  messages.querySelector(".being-edited")?.classList.remove("being-edited");
  edits("", "");
}

async function save(event) {
  const id = composer.dataset.editing;
  if (!id) return;
  // Ahead of the composer's own, which would send it as a new answer.
  event.preventDefault();
  event.stopImmediatePropagation();
  if (composer.dataset.busy) return;
  composer.dataset.busy = "yes";
  complain("");
  try {
    const response = await fetch(`/inbox/${thread.dataset.id}/messages/${id}/edit?${thread.dataset.query}`, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams({ csrf: thread.dataset.csrf, text: answer.value }),
      signal: AbortSignal.timeout(20000),
    });
    const data = await response.json();
    if (!response.ok) throw new Error(data.error);
    if (composer.dataset.editing === id) leave();
    data.entries.forEach(showMessage);
  } catch (error) {
    // The text stays: the same edit again is made once.
    complain(error.name === "Error" && error.message ? error.message : words.notDone);
  } finally {
    delete composer.dataset.busy;
    answer.focus();
  }
}

function keyed(event) {
  if (event.isComposing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (event.key === "Escape" && composer.dataset.editing) {
    event.preventDefault();
    leave();
  } else if (event.key === "ArrowUp" && !answer.value && !isNote() && !composer.dataset.editing) {
    const last = [...messages.querySelectorAll("li.mine a[data-edit]")].at(-1);
    if (!last) return;
    event.preventDefault();
    begin(last);
  }
}

function shut(event) {
  for (const menu of messages.querySelectorAll("details.does[open]")) {
    if (event.type === "click" && menu.contains(event.target)) continue;
    if (event.type === "keydown" && menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  }
}

if (composer) {
  messages.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-edit]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    begin(link);
  });
  messages.addEventListener("toggle", (event) => {
    if (event.target.open && event.target.closest("li") === messages.lastElementChild) toEnd();
  }, true);
  composer.addEventListener("submit", save, { capture: true });
  get("stop-editing").addEventListener("click", leave);
  answer.addEventListener("keydown", keyed);
  document.addEventListener("click", shut);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") shut(event); });
}
