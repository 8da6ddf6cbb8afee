// The open thread: messages find their place, older ones load while one scrolls.
import { element, get, tellTimes, words } from "./page.js";
import { on } from "./stream.js";

export const thread = document.querySelector("main[data-id]");
const scroll = get("scroll"), messages = thread && get("messages"), below = get("below");
let stuck = true;

// The newest answer of a person that this page shows; `known` where it shows none.
export function lastAnswer(known) {
  const ids = [...messages.querySelectorAll("li.ours[data-id]")].map(order);
  return String(ids.reduce((most, one) => (one > most ? one : most), BigInt(known || 0)));
}

export function toEnd() {
  stuck = true;
  scroll.scrollTop = scroll.scrollHeight;
  below.hidden = true;
}

export function append(bubble) {
  messages.append(bubble);
  toEnd();
}

export function post(name, fields) {
  return fetch(`/inbox/${thread.dataset.id}/${name}?${thread.dataset.query}`, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams({ csrf: thread.dataset.csrf, ...fields }),
    signal: AbortSignal.timeout(20000),
  });
}

function find(id) {
  return [...messages.children].find((one) => one.dataset.id === id);
}

function order(one) {
  return BigInt((one.dataset.id || "0").replace(/\D/g, ""));
}

function placeEntry(fresh) {
  // Ids grow with time, so an entry that comes late still finds its place.
  let after = messages.lastElementChild;
  while (after?.dataset.id && !after.dataset.key && order(after) > order(fresh)) after = after.previousElementSibling;
  if (after) after.after(fresh); else messages.append(fresh);
}

// Whoever is choosing in the menu of a message, or edits it, is not interrupted by its status.
function keepOpen(old, fresh) {
  for (const menu of old.querySelectorAll("details.does, details.does details")) {
    const same = fresh.querySelector(menu.matches(".does") ? "details.does" : "details.sure");
    if (same) same.open = menu.open;
  }
  if (old.classList.contains("being-edited")) fresh.classList.add("being-edited");
  const here = document.activeElement;
  if (old.contains(here) && here.matches("summary, a[data-edit], form.act button")) {
    const kind = here.matches("a") ? "a[data-edit]" : here.matches("button") ? ".does form.act button" : ".does > summary";
    setTimeout(() => fresh.querySelector(kind)?.focus());
  }
}

export function showMessage({ id, mark, html }) {
  const old = find(id);
  if (old && old.dataset.mark === mark) return;
  const fresh = element(html);
  tellTimes(fresh);
  if (old) keepOpen(old, fresh);
  if (old) old.replaceWith(fresh); else placeEntry(fresh);
  if (stuck) toEnd(); else if (!old) below.hidden = false;
}

function which(details) {
  return details.dataset.key || details.querySelector("summary").textContent.trim();
}

function showAbout({ head, card, unread }) {
  for (const [id, html] of [["head", head], ["card", card]]) put(id, html);
  thread.dataset.unread = unread;
  markRead();
}

// What stands for a field or a button after its surroundings were made anew.
function place(one) {
  if (one.matches("summary")) return [which(one.parentElement)];
  const form = one.closest("form");
  return form && one.name ? [form.getAttribute("action"), one.name, one.matches("button") ? one.value : ""] : null;
}

function focusOn([action, name, value], inside) {
  if (!name) return [...inside.querySelectorAll("details")].find((one) => which(one) === action)?.querySelector("summary").focus();
  const forms = [...inside.querySelectorAll("form")].filter((one) => one.getAttribute("action") === action);
  for (const form of forms) {
    for (const one of form.elements) if (one.name === name && (!value || one.value === value)) return one.focus();
  }
}

// What came last, and may wait to be shown: an older one is never shown after it.
const newest = {};

function put(id, html) {
  newest[id] = html;
  show(id);
}

function show(id) {
  const typing = document.activeElement, isHere = get(id).contains(typing);
  if (isHere && typing.matches("input, textarea, select") && typing.value !== typing.defaultValue) {
    // Whoever is typing in there is not interrupted: it is shown when they leave.
    typing.addEventListener("blur", () => setTimeout(show, 0, id), { once: true });
    return;
  }
  const goal = isHere ? place(typing) : null;
  const opened = [...get(id).querySelectorAll("details[open]")].map(which);
  get(id).innerHTML = newest[id];
  for (const one of get(id).querySelectorAll("details")) one.open = opened.includes(which(one));
  tellTimes(get(id));
  if (goal) focusOn(goal, get(id));
}

function markRead() {
  if (document.hidden || !Number(thread.dataset.unread)) return;
  thread.dataset.unread = 0;
  post("read", {}).catch(() => {});
}

async function showOlder(link) {
  if (link.hasAttribute("aria-busy")) return;
  link.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(link.href, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(String(response.status));
    const holder = document.createElement("template");
    holder.innerHTML = (await response.json()).html;
    tellTimes(holder.content);
    const height = scroll.scrollHeight - scroll.scrollTop;
    for (const one of [...holder.content.children]) {
      if (one.dataset.id && find(one.dataset.id)) one.remove();
    }
    link.closest("li").replaceWith(holder.content);
    scroll.scrollTop = scroll.scrollHeight - height;
    watchOlder();
  } catch {
    location.href = link.href;
  }
}

const nearTop = thread && new IntersectionObserver((seen) => {
  for (const one of seen) if (one.isIntersecting) showOlder(one.target);
}, { root: scroll, rootMargin: "300px 0px 0px" });

function watchOlder() {
  nearTop.disconnect();
  const link = messages.querySelector(".older a");
  if (link) nearTop.observe(link);
}

async function retryFile(event) {
  const form = event.target;
  if (!form.matches(".retry")) return;
  event.preventDefault();
  form.querySelector("button").disabled = true;
  try {
    const response = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form)),
      signal: AbortSignal.timeout(20000),
    });
    if (!response.ok) throw new Error(String(response.status));
    showMessage(await response.json());
  } catch {
    form.submit();
  }
}

// A picture of a stranger is shown when one asks for it; the next click opens it.
function unveil(event) {
  const link = event.target.closest("a.veiled");
  if (!link) return;
  event.preventDefault();
  link.classList.remove("veiled");
}

function fileFailed(event) {
  const image = event.target, link = image.closest?.(".picture");
  if (!link) return;
  link.className = "file problem";
  link.textContent = words.fileFailed.replace("#", image.alt);
}

if (thread) {
  scroll.addEventListener("scroll", () => {
    stuck = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
    if (stuck) below.hidden = true;
  }, { passive: true });
  const sizes = new ResizeObserver(() => { if (stuck) toEnd(); });
  sizes.observe(messages);
  sizes.observe(scroll);
  below.addEventListener("click", toEnd);
  messages.addEventListener("click", (event) => {
    const link = event.target.closest(".older a");
    if (!link) return;
    event.preventDefault();
    showOlder(link);
  });
  messages.addEventListener("click", unveil);
  messages.addEventListener("submit", retryFile);
  messages.addEventListener("done", ({ detail }) => (detail.entries || []).forEach(showMessage));
  messages.addEventListener("error", fileFailed, true);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) markRead(); });
  on("message", showMessage);
  on("about", showAbout);
  const fresh = get("new");
  toEnd();
  if (fresh) {
    scroll.scrollTop = fresh.offsetTop - scroll.offsetTop - 48;
    stuck = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
  }
  markRead();
  // Only once the end is shown: a thread that opens at its beginning would load all of it.
  requestAnimationFrame(() => requestAnimationFrame(watchOlder));
}
