"use strict";
// Keeps an open page true by server-sent events, and answers without a reload. Every word comes
// from the server; without this script plain forms and links do the same.
(() => {
  const body = document.body, words = body.dataset, lang = document.documentElement.lang;
  const get = (id) => document.getElementById(id);
  const thread = document.querySelector("main[data-id]");
  const scroll = get("scroll"), messages = thread && get("messages"), rows = get("rows");
  const composer = get("composer"), answer = get("answer"), below = get("below");
  const input = get("files"), button = composer?.querySelector("button.main");
  const connection = get("connection");
  document.documentElement.classList.add("scripted");

  function element(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    return holder.content.firstElementChild;
  }
  function kept(store, value) {
    try {
      if (value === undefined) return sessionStorage.getItem(store);
      if (value) sessionStorage.setItem(store, value); else sessionStorage.removeItem(store);
    } catch { /* A browser that keeps nothing still works. */ }
    return null;
  }

  // ---- times

  const [now, minutes, hours, days, moment] = JSON.parse(words.times);
  const whole = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "medium" });
  const short = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  function ago(past, look) {
    if (past < 60) return look === "since" ? moment : now;
    if (past < 3600) return minutes.replace("#", Math.floor(past / 60));
    if (past < 86400) return hours.replace("#", Math.floor(past / 3600));
    if (past < 7 * 86400) return days.replace("#", Math.floor(past / 86400));
    return "";
  }
  function tellTimes(where) {
    for (const time of where.querySelectorAll("time")) {
      const at = new Date(time.dateTime);
      time.title = whole.format(at);
      time.textContent = time.className === "until" ? short.format(at)
        : ago((Date.now() - at) / 1000, time.className) || time.textContent;
    }
  }
  tellTimes(document);
  setInterval(() => tellTimes(document), 30000);

  // ---- the list

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
        if (thread?.dataset.id === id) row.querySelector("a").setAttribute("aria-current", "true");
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
  const list = rows.closest(".list");
  list.scrollTop = Number(kept("list")) || 0;
  addEventListener("pagehide", () => kept("list", String(list.scrollTop)));
  countUnread();

  // ---- the thread

  let stuck = true;
  function toEnd() {
    stuck = true;
    scroll.scrollTop = scroll.scrollHeight;
    below.hidden = true;
  }
  function find(id) {
    return [...messages.children].find((one) => one.dataset.id === id);
  }
  function order(one) {
    return BigInt((one.dataset.id || "0").replace("c", ""));
  }
  function place(fresh) {
    // Ids grow with time, so an entry that comes late still finds its place.
    let after = messages.lastElementChild;
    while (after?.dataset.id && !after.dataset.key && order(after) > order(fresh)) after = after.previousElementSibling;
    if (after) after.after(fresh); else messages.append(fresh);
  }
  function showMessage({ id, mark, html }) {
    const old = find(id);
    if (old && old.dataset.mark === mark) return;
    const fresh = element(html);
    tellTimes(fresh);
    if (old) old.replaceWith(fresh); else place(fresh);
    if (stuck) toEnd(); else if (!old) below.hidden = false;
  }
  function showAbout({ head, card, reachable, unread }) {
    get("head").innerHTML = head;
    get("card").innerHTML = card;
    tellTimes(get("head"));
    tellTimes(get("card"));
    thread.dataset.unread = unread;
    if (answer.disabled === reachable) {
      answer.disabled = input.disabled = button.disabled = !reachable;
      complain(reachable ? "" : composer.dataset.unreachable);
    }
    markRead();
  }
  function post(name, fields) {
    return fetch(`/inbox/${thread.dataset.id}/${name}?${thread.dataset.query}`, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams({ csrf: thread.dataset.csrf, ...fields }),
      signal: AbortSignal.timeout(20000),
    });
  }
  function markRead() {
    if (document.hidden || !Number(thread.dataset.unread)) return;
    thread.dataset.unread = 0;
    post("read", {}).catch(() => {});
  }

  // ---- answering

  function complain(text) {
    const why = get("why-not");
    why.textContent = text;
    why.hidden = !text;
  }
  function putFiles(files) {
    input.dispatchEvent(new CustomEvent("put", { detail: files }));
  }
  function expected(key, text, files) {
    const bubble = element("<li class='bubble out ours sending'></li>");
    bubble.dataset.key = key;
    for (const [look, said] of [...files.map((one) => ["said", one.name]), ["text said", text], ["meta", ""]]) {
      const line = document.createElement("p");
      line.className = look;
      line.dir = "auto";
      line.textContent = said;
      if (said || look === "meta") bubble.append(line);
    }
    return bubble;
  }
  function deliver(form, tell, longest) {
    // Unlike fetch, this one tells how much has left.
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", composer.action);
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.timeout = longest;
      request.upload.onprogress = ({ loaded, total }) => tell(loaded / total);
      const fail = () => reject(new TypeError("no answer"));
      request.onload = () => {
        // A page of somebody between us is no answer of ours, whatever its status.
        if (request.response) resolve({ ok: request.status === 200, data: request.response }); else fail();
      };
      request.onerror = request.ontimeout = request.onabort = fail;
      request.send(form);
    });
  }
  async function send(event) {
    event.preventDefault();
    const text = answer.value.trim(), files = [...input.files];
    const key = composer.elements.key, draft = `draft ${thread.dataset.id}`;
    if (!(text || files.length) || composer.dataset.busy) return answer.focus();
    const form = new FormData(composer);
    form.set("text", text);
    composer.dataset.busy = "yes";
    button.disabled = true;
    complain("");
    const bubble = expected(key.value, text, files);
    const tell = (part) => {
      const percent = files.length && part < 1 ? ` ${Math.floor(part * 100)} %` : "";
      bubble.lastChild.textContent = `${words.you} · ${words.beingSent}${percent}`;
    };
    tell(0);
    messages.append(bubble);
    answer.value = "";
    putFiles([]);
    toEnd();
    try {
      const { ok, data } = await deliver(form, tell, files.length ? 3600000 : 20000);
      if (data.key) key.value = data.key;
      if (!ok) throw new Error(typeof data.error === "string" ? data.error : "");
      bubble.remove();
      kept(draft, "");
      showMessage(data);
    } catch (error) {
      // The key stays where no answer came: the same words again go out once.
      bubble.remove();
      answer.value = answer.value ? `${text}\n${answer.value}` : text;
      kept(draft, answer.value);
      putFiles([...files, ...input.files]);
      complain(error.name === "Error" && error.message ? error.message : words.notTaken);
    } finally {
      delete composer.dataset.busy;
      button.disabled = answer.disabled;
      answer.focus();
    }
  }
  async function showOlder(event) {
    const link = event.target.closest(".older a");
    if (!link) return;
    event.preventDefault();
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
    } catch {
      location.href = link.href;
    }
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
  function fileFailed(event) {
    const image = event.target, link = image.closest?.(".picture");
    if (!link) return;
    link.className = "file problem";
    link.textContent = words.fileFailed.replace("#", image.alt);
  }

  if (thread) {
    const draft = `draft ${thread.dataset.id}`;
    if (!answer.value) answer.value = kept(draft) || "";
    answer.addEventListener("input", () => kept(draft, answer.value));
    composer.addEventListener("submit", send);
    addEventListener("beforeunload", (event) => { if (composer.dataset.busy) event.preventDefault(); });
    answer.addEventListener("keydown", (event) => {
      const isTouch = matchMedia("(pointer: coarse)").matches;
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !isTouch) {
        event.preventDefault();
        composer.requestSubmit();
      }
    });
    scroll.addEventListener("scroll", () => {
      stuck = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
      if (stuck) below.hidden = true;
    }, { passive: true });
    const sizes = new ResizeObserver(() => { if (stuck) toEnd(); });
    sizes.observe(messages);
    sizes.observe(scroll);
    below.addEventListener("click", toEnd);
    messages.addEventListener("click", showOlder);
    messages.addEventListener("submit", retryFile);
    messages.addEventListener("error", fileFailed, true);
    toEnd();
    markRead();
  }

  // ---- the stream

  let stream = null;
  function tellConnection(look, text) {
    connection.className = `connection ${look}`;
    connection.textContent = text;
  }
  function connect(isFirst) {
    let url = words.stream;
    // Only a fresh page shows what its marks say.
    if (!isFirst) url = url.replace(/&(listed|thread|about)=[^&]*/g, "");
    stream = new EventSource(url);
    const on = (name, act) => stream.addEventListener(name, (event) => act(JSON.parse(event.data)));
    stream.onopen = () => tellConnection("live", connection.dataset.live);
    stream.onerror = () => {
      tellConnection("lost", connection.dataset.lost);
      // A refusal ends it for good: the browser itself only comes back after a broken connection.
      if (stream.readyState === EventSource.CLOSED) setTimeout(() => connect(false), 5000);
    };
    on("list", showList);
    on("message", showMessage);
    on("about", showAbout);
    on("reload", () => location.reload());
    on("paused", () => { stream.close(); stream = null; if (!document.hidden) setTimeout(resume, 2000); });
    on("over", () => {
      stream.close();
      tellConnection("lost", `${connection.dataset.over} `);
      const link = document.createElement("a");
      link.href = location.href;
      link.textContent = connection.dataset.signIn;
      connection.append(link);
    });
  }
  function resume() {
    if (stream === null && words.stream) connect(false);
  }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    resume();
    if (thread) markRead();
  });
  addEventListener("pagehide", () => { stream?.close(); stream = null; });
  addEventListener("pageshow", resume);
  if (words.stream) connect(true);
})();
