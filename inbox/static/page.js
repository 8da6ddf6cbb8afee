// What every page of ours shares: words that came from the server, times, and forms that are sent
// without leaving the page. Without scripts the same forms and links work plainly.
export const words = document.body.dataset;
export const lang = document.documentElement.lang;
export const get = (id) => document.getElementById(id);
document.documentElement.classList.add("scripted");

export function element(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  return holder.content.firstElementChild;
}

// A browser that keeps nothing still works.
export function kept(store, value) {
  try {
    if (value === undefined) return sessionStorage.getItem(store);
    if (value) sessionStorage.setItem(store, value); else sessionStorage.removeItem(store);
  } catch { /* As said. */ }
  return null;
}

// ---- times

const [now, minutes, hours, days, moment] = JSON.parse(words.times || "[]");
const whole = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "medium" });
const short = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

function ago(past, look) {
  if (past < 60) return look === "since" ? moment : now;
  if (past < 3600) return minutes.replace("#", Math.floor(past / 60));
  if (past < 86400) return hours.replace("#", Math.floor(past / 3600));
  if (past < 7 * 86400) return days.replace("#", Math.floor(past / 86400));
  return "";
}

export function tellTimes(where) {
  if (!now) return;
  for (const time of where.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    time.title = whole.format(at);
    time.textContent = ["until", "when"].includes(time.className) ? short.format(at)
      : ago((Date.now() - at) / 1000, time.className) || time.textContent;
  }
}
tellTimes(document);
setInterval(() => tellTimes(document), 30000);

// ---- forms

// One sentence that tells what went wrong, where everybody looks; it goes away by itself.
let telling = 0;
export function tell(text) {
  const place = get("told");
  if (!place) return;
  place.textContent = text;
  place.hidden = !text;
  clearTimeout(telling);
  telling = setTimeout(() => { place.hidden = true; }, 12000);
}

export async function submit(form, submitter) {
  const fields = new FormData(form, submitter || null);
  const hasFiles = form.enctype === "multipart/form-data";
  const response = await fetch(submitter?.getAttribute("formaction") || form.action, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: hasFiles ? fields : new URLSearchParams(fields),
    signal: AbortSignal.timeout(20000),
  });
  let data = null;
  try { data = await response.json(); } catch { /* A page of somebody between us. */ }
  if (!response.ok || data === null) throw new Error(data?.error || words.notDone);
  return data;
}

// Beside its button where the form has room for it.
function complain(form, text) {
  const place = form.querySelector(":scope > .problem");
  if (!place) return tell(text);
  place.textContent = text;
  place.hidden = !text;
}

// form.act: sent in the background; what it changes comes by the stream, or stands on the page that
// the answer leads to. "done" tells who waits.
document.addEventListener("submit", async (event) => {
  const form = event.target, submitter = event.submitter;
  if (!form.matches("form.act") || event.defaultPrevented) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  try {
    complain(form, "");
    const data = await submit(form, submitter);
    if (data.to) return location.assign(data.to);
    tell(data.told || "");
    form.closest("[popover]")?.hidePopover?.();
    form.closest("details")?.removeAttribute("open");
    if (form.matches(".clears")) form.reset();
    form.dispatchEvent(new CustomEvent("done", { bubbles: true, detail: data }));
  } catch (error) {
    complain(form, error.name === "Error" ? error.message : words.notDone);
  } finally {
    delete form.dataset.busy;
  }
});
