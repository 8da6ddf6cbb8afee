// Menus of the head: one is open at a time, and it closes by Escape or a click elsewhere. Times are
// meant on the clock of this browser.
import { get } from "./page.js";

const head = get("head");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";

function close(but) {
  for (const menu of head.querySelectorAll("details.menu[open]")) if (menu !== but) menu.open = false;
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
    const field = event.target.querySelector("input.zone");
    if (field) field.value = zone;
  }, { capture: true });
  head.addEventListener("done", () => close());
}
