// The page of contacts: ticking a whole page, and watching what is done to many.
import { get, tellTimes } from "./page.js";

const page = get("page");
if (page) {
  page.hidden = false;
  page.nextElementSibling.hidden = false;
  page.addEventListener("change", () => {
    for (const one of document.querySelectorAll(".tick input")) one.checked = page.checked;
  });
}

const progress = get("progress");
async function watch() {
  try {
    const answer = await fetch(progress.dataset.watch, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(10000) });
    const { html, running } = await answer.json();
    if (answer.ok) {
      progress.innerHTML = html;
      tellTimes(progress);
      if (!running) return get("stop")?.remove();
    }
  } catch { /* The next time, perhaps. */ }
  setTimeout(watch, 1500);
}
if (progress?.dataset.watch) setTimeout(watch, 700);
