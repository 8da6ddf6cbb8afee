"use strict";
// One open chat: acts go to the control API, news come as server-sent events with ready HTML.
(() => {
  const phone = document.getElementById("phone");
  const { prefix, bot, person } = phone.dataset, follows = "follows" in phone.dataset;
  const get = (id) => document.getElementById(id);
  const thread = get("thread"), scroll = get("scroll"), text = get("text"), toast = get("toast");
  let start = phone.dataset.start, editing = "", stuck = true, toastTimer = 0, typingTimer = 0;

  function say(words, lasting) {
    clearTimeout(toastTimer);
    toast.textContent = words;
    toast.hidden = !words;
    if (!lasting) toastTimer = setTimeout(() => { toast.hidden = true; }, 3500);
  }

  async function act(what, body) {
    try {
      const answer = await fetch(`${prefix}/control/people/${person}/${what}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ bot, ...body }),
      });
      const data = await answer.json();
      if (!answer.ok) throw new Error(data.error);
      return data.result;
    } catch (error) {
      say(phone.dataset.failed.replace("{error}", error.message));
      return undefined;
    }
  }

  // ---- what is shown

  // The thread stays at its end, whatever grows or shrinks, until a person scrolls up.
  function toEnd() {
    stuck = true;
    scroll.scrollTop = scroll.scrollHeight;
  }
  function keepEnd() {
    if (stuck) toEnd();
  }
  let lastTop = 0;
  scroll.addEventListener("scroll", () => {
    const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
    // Our own scrolling is told late, when more may have come: only going up lets go of the end.
    if (atEnd) stuck = true;
    else if (scroll.scrollTop < lastTop) stuck = false;
    lastTop = scroll.scrollTop;
  });
  function element(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    return holder.content;
  }
  function localTimes(where) {
    const hours = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    const whole = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" });
    for (const time of where.querySelectorAll("time")) {
      const at = new Date(time.dateTime);
      time.textContent = hours.format(at);
      time.title = whole.format(at);
    }
  }
  function showMode() {
    const mode = phone.dataset.serverMode;
    phone.dataset.mode = start && !follows ? "start" : mode;
    get("about").hidden = thread.children.length > 0;
  }
  function find(id) {
    return thread.querySelector(`li[data-id="${CSS.escape(id)}"]`);
  }
  function showMessage({ id, html }) {
    const fresh = element(html), old = find(id);
    localTimes(fresh);
    const own = fresh.querySelector(".own");
    if (old) old.replaceWith(fresh);
    else thread.append(fresh);
    if (!own) status(phone.dataset.botWord);
    showMode();
    if (own && !old) toEnd();
  }
  function status(words) {
    clearTimeout(typingTimer);
    get("status").textContent = words;
  }
  function answered() {
    for (const button of thread.querySelectorAll(".waiting")) button.classList.remove("waiting");
  }
  function showToast({ text: words, alert, url }) {
    answered();
    if (url && /^https?:\/\//.test(url)) window.open(url, "_blank", "noopener");
    if (!words) return;
    if (!alert) { say(words); return; }
    get("alert").querySelector("p").textContent = words;
    get("alert").showModal();
  }
  function showState({ mode, html, commands }) {
    phone.dataset.serverMode = mode;
    get("keyboard").replaceChildren(element(html));
    get("menu").hidden = !commands;
    get("menu").setAttribute("aria-expanded", "false");
    showMode();
  }

  function follow() {
    const news = new EventSource(`${prefix}/phone/stream?${new URLSearchParams({ bot, person })}`);
    const on = (kind, show) => news.addEventListener(kind, (event) => show(JSON.parse(event.data)));
    let lost = false;
    on("thread", ({ html }) => {
      thread.replaceChildren(element(html));
      localTimes(thread);
      if (lost) say("");
      lost = false;
      showMode();
    });
    on("message", showMessage);
    on("gone", ({ id }) => { find(id)?.remove(); showMode(); });
    on("state", showState);
    on("toast", showToast);
    on("typing", () => {
      status(phone.dataset.typing);
      typingTimer = setTimeout(() => status(phone.dataset.botWord), 5000);
    });
    news.onerror = () => { lost = true; say(phone.dataset.lost, true); };
    window.addEventListener("pagehide", () => news.close());
    window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  }

  // ---- what a person does

  // A link is used up by the start button, or by being opened, whichever the messenger knows.
  async function useLink(what) {
    const param = start;
    start = "";
    const address = new URL(location);
    address.searchParams.delete("start");
    history.replaceState(null, "", address);
    if ((await act(what, { param })) === undefined) start = param;
    showMode();
  }
  async function press(button) {
    const message = button.closest("li").dataset.id;
    button.classList.add("waiting");
    setTimeout(() => button.classList.remove("waiting"), 15000);
    const done = await act("press", {
      message_id: message, row: Number(button.dataset.row), column: Number(button.dataset.column),
    });
    if (!done?.query_id) button.classList.remove("waiting");
    if (done?.copied) {
      await navigator.clipboard?.writeText(done.copied);
      say(phone.dataset.copied);
    }
  }
  async function sendFile(file) {
    const query = new URLSearchParams({ bot, person, name: file.name });
    const answer = await fetch(`${prefix}/phone/upload?${query}`, {
      method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file,
    });
    if (!answer.ok) say(phone.dataset.failed.replace("{error}", (await answer.json()).error));
  }
  function setEditing(id) {
    editing = id;
    get("editing").hidden = !id;
    text.value = id ? find(id).querySelector(".text").innerText : "";
    grow();
    text.focus();
  }
  async function submit() {
    const words = text.value.trim();
    if (!words) return;
    const id = editing;
    setEditing("");
    const done = id ? await act("edit", { message_id: id, text: words }) : await act("say", { text: words });
    if (!done && !text.value) text.value = words;
  }
  function grow() {
    text.rows = Math.min(6, text.value.split("\n").length + Math.floor(text.value.length / 40));
    if (!text.value) text.rows = 1;
  }
  function closeMenus(except) {
    for (const open of document.querySelectorAll("details.drop[open]")) if (open !== except) open.open = false;
    const commands = get("commands");
    if (commands && !except) { commands.hidden = true; get("menu").setAttribute("aria-expanded", "false"); }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button, summary");
    if (button?.id === "menu") {
      const list = get("commands");
      list.hidden = !list.hidden;
      button.setAttribute("aria-expanded", String(!list.hidden));
      return;
    }
    if (!button) { if (!event.target.closest(".panel")) closeMenus(); return; }
    const data = button.dataset;
    if (data.act === "start") useLink("start").then(() => text.focus());
    else if (data.act) act(data.act, {});
    else if (data.row !== undefined) press(button);
    else if (data.tapRow !== undefined) act("tap", { row: Number(data.tapRow), column: Number(data.tapColumn) });
    else if (data.say) act("say", { text: data.say });
    else if (data.send) act("send", { kind: data.send });
    else if (data.edit) setEditing(data.edit);
    else if (button.id === "stop-editing") setEditing("");
    closeMenus(button.closest("summary")?.parentElement);
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") { closeMenus(); if (editing) setEditing(""); } });
  get("composer").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  get("file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    closeMenus();
    if (file) await sendFile(file);
    event.target.value = "";
  });
  text.addEventListener("input", grow);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); }
  });

  localTimes(thread);
  showMode();
  toEnd();
  const sizes = new ResizeObserver(keepEnd);
  sizes.observe(scroll);
  sizes.observe(thread);
  follow();
  if (start && follows) useLink("follow");
})();
