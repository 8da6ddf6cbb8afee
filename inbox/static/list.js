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
}

function showCounts(counts) {
  for (const [view, many] of Object.entries(counts)) {
    const place = document.querySelector(`[data-count="${view}"]`);
    if (place) place.textContent = many;
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
