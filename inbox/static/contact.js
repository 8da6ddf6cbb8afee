// The column about the person. What a form there did may make the column anew before its answer
// comes: its fold is found by its key. One that takes one thing after another stays open for the next.
import { get } from "./page.js";

const card = get("card");

function settle(key, stays) {
  const fold = [...card.querySelectorAll("details[data-key]")].find((one) => one.dataset.key === key);
  if (!fold) return;
  fold.open = stays;
  if (stays) fold.querySelector("input:not([type=hidden])")?.focus();
  else fold.querySelector("summary").focus();
}

card?.addEventListener("submit", ({ target: form }) => {
  const key = form.closest("details")?.dataset.key;
  if (key) form.addEventListener("done", () => settle(key, form.matches(".clears")), { once: true });
}, { capture: true });
