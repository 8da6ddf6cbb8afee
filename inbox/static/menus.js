// Menus of the head: one is open at a time, and it closes by Escape or a click elsewhere. Times are
// meant on the clock of this browser.
import { get } from "./page.js";

const head = get("head");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";

function close(but) {
  for (const menu of head.querySelectorAll("details.menu[open]")) if (menu !== but) menu.open = false;
}

function shut(name) {
  const menu = head.querySelector(`details.menu[data-menu="${name}"]`);
  if (menu) menu.open = false;
}

if (head) {
  document.addEventListener("click", (event) => close(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && head.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  head.addEventListener("submit", (event) => {
    const form = event.target, field = form.querySelector("input.zone");
    if (field) field.value = zone;
    const name = form.closest("details.menu")?.dataset.menu;
    // What the form did may replace the head before its answer comes: the menu is found by name.
    if (name) form.addEventListener("done", () => shut(name), { once: true });
  }, { capture: true });
}
