// The list of conversations: rows come and move while the operator's place in it stays.
import { element, get, kept, tellTimes } from "./page.js";
import { on } from "./stream.js";

const rows = get("rows");
const current = document.querySelector("main[data-id]")?.dataset.id;
const title = document.title;

function countUnread() {
  const unread = rows.querySelectorAll("li.unread").length;
  document.title = unread ? `(${unread}) ${title}` : title;
}

function showList({ ids, rows: changed }) {
  const old = new Map([...rows.children].map((row) => [row.dataset.id, row]));
  const focused = document.activeElement?.closest("#rows li")?.dataset.id;
  ids.forEach((id, place) => {
    let row = old.get(id);
    if (changed[id] && row?.dataset.mark !== element(changed[id]).dataset.mark) {
      const fresh = element(changed[id]);
      row?.remove();
      row = fresh;
      if (current === id) row.querySelector("a").setAttribute("aria-current", "true");
      tellTimes(row);
    }
    old.delete(id);
    if (row && rows.children[place] !== row) rows.insertBefore(row, rows.children[place] || null);
  });
  for (const row of old.values()) row.remove();
  if (focused) rows.querySelector(`li[data-id="${CSS.escape(focused)}"] a`)?.focus();
  get("empty").hidden = ids.length > 0;
  countUnread();
  notify(changed);
}

function showCounts(counts) {
  for (const [view, many] of Object.entries(counts)) {
    const place = document.querySelector(`[data-count="${view}"]`);
    if (place) place.textContent = many;
  }
}

// ---- telling somebody who looks elsewhere

const bell = get("bell");
const asks = "Notification" in window;
function showBell() {
  if (!bell) return;
  bell.hidden = !asks || Notification.permission !== "default";
}
bell?.addEventListener("click", async () => { await Notification.requestPermission(); showBell(); });
showBell();

function notify(changed) {
  if (!document.hidden || !asks || Notification.permission !== "granted") return;
  for (const html of Object.values(changed)) {
    const row = element(html);
    if (!row.matches(".unread:not(.muted)")) continue;
    const name = row.querySelector(".name").textContent, text = row.querySelector(".text").textContent;
    // One a conversation: a later one takes the place of the earlier.
    const note = new Notification(name, { body: text, tag: row.dataset.id, icon: bell?.dataset.icon });
    const goal = row.querySelector("a").href;
    note.addEventListener("click", () => { focus(); location.href = goal; note.close(); });
  }
}

if (rows) {
  const list = rows.closest(".list");
  list.scrollTop = Number(kept("list")) || 0;
  addEventListener("pagehide", () => kept("list", String(list.scrollTop)));
  countUnread();
  on("list", showList);
  on("counts", showCounts);
}

// A chosen filter holds at once.
document.querySelector("form.narrow")?.addEventListener("change", (event) => event.target.form.requestSubmit());
