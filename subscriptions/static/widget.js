// Parley's subscribe buttons for a shop's page: <parley-subscribe>. How to use it: docs/widget.md.
// Nothing here may break or delay the page around it: no innerHTML, no cookies, no storage.
(() => {
  "use strict";
  const own = document.currentScript || document.querySelector("script[data-site][src*='/widget.js']");
  if (!own || !window.customElements || customElements.get("parley-subscribe")) return;
  const BASE = new URL(".", own.src).href;
  const SLOW = 1500, WAIT = 600000, POLL = 3000, HELP_AFTER = 3000;

  const CSS = `
:host{display:block;font:var(--parley-font,15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif)}
:host([layout=floating]),:host([layout=bar]),:host([layout=popup]){display:contents}
:host([hidden]){display:none}
:host([scheme=dark]){color-scheme:dark}
:host([scheme=light]){color-scheme:light}
*,::before{box-sizing:border-box}
.all{display:contents;
--a:var(--parley-accent,light-dark(#0b5cd5,#7ab7ff));--on:var(--parley-on-accent,light-dark(#fff,#0b1626));
--bg:var(--parley-background,light-dark(#fff,#1b1f25));--fg:var(--parley-text,light-dark(#1b1f24,#e8eaed));
--mu:var(--parley-muted,light-dark(#57606a,#a6afba));--li:var(--parley-border,light-dark(#d5dbe1,#3b424c));
--r:var(--parley-radius,14px)}
@supports not (color:light-dark(#000,#fff)){.all{
--a:var(--parley-accent,#0b5cd5);--on:var(--parley-on-accent,#fff);--bg:var(--parley-background,#fff);
--fg:var(--parley-text,#1b1f24);--mu:var(--parley-muted,#57606a);--li:var(--parley-border,#d5dbe1)}}
.panel{position:relative;max-inline-size:32rem;padding:18px;color:var(--fg);background:var(--bg);
border:1px solid var(--li);border-radius:var(--r);text-align:start}
.panel{display:flex;flex-direction:column;gap:12px}
.view,.boxes{display:grid;gap:12px}
.view:empty{display:none}
[hidden]{display:none!important}
p{margin:0}
.title{font-size:1.1em;font-weight:600;line-height:1.3}
.title:focus{outline:none}
.title:empty{position:absolute}
.closes .title{padding-inline-end:34px}
.lead,.words,.small{color:var(--mu)}
.words,.small{font-size:.85em}
label{display:grid;grid-template-columns:auto 1fr;gap:10px;cursor:pointer;font-size:.93em}
input{inline-size:18px;block-size:18px;margin:1px 0;accent-color:var(--a);cursor:pointer}
.row{display:flex;flex-wrap:wrap;gap:8px}
button,a{font:inherit;color:inherit;text-decoration:none;cursor:pointer}
.b{display:inline-flex;align-items:center;justify-content:center;gap:9px;min-block-size:44px;
padding:6px;padding-inline:11px 16px;background:none;border:1px solid var(--li);border-radius:calc(var(--r) - 3px);font-weight:500}
.b:hover{border-color:var(--a);background:color-mix(in srgb,var(--a) 7%,transparent)}
.main{padding-inline:16px;color:var(--on);background:var(--a);border-color:var(--a)}
.main:hover{background:color-mix(in srgb,var(--a) 88%,var(--fg))}
.link{display:inline-flex;align-items:center;min-block-size:32px;padding:0;background:none;border:0;color:var(--a);text-align:start;text-decoration:underline;text-underline-offset:3px}
.help{gap:0 14px}
.help p{flex:1 0 100%}
:focus-visible{outline:2px solid var(--a);outline-offset:2px}
.icon{inline-size:24px;block-size:24px;flex:none}
.way{display:flex;flex-wrap:wrap;gap:16px}
.way>div{flex:1 1 13rem;display:grid;gap:10px;align-content:center;justify-items:start}
.qr{border-radius:8px;background:#fff}
.status:empty{margin-block-start:-12px}
.status{color:var(--mu);font-size:.93em}
.waits::before{content:"";display:inline-block;inline-size:8px;block-size:8px;margin-inline-end:8px;border-radius:50%;background:var(--a)}
.done{color:var(--fg);font-size:1.05em;font-weight:600}
.done::before{content:"✓"/"";margin-inline-end:8px;color:var(--a)}
.x{position:absolute;inset-block-start:9px;inset-inline-end:9px;inline-size:36px;block-size:36px;padding:0;background:none;border:0;border-radius:50%;color:var(--mu)}
.x:hover{background:color-mix(in srgb,var(--fg) 8%,transparent)}
.x svg{inline-size:16px;block-size:16px;vertical-align:middle}
.bar{position:fixed;z-index:2147483000;inset-inline:0;inset-block-end:0;max-inline-size:none;max-block-size:70vh;overflow:auto;border-width:1px 0 0;border-radius:0;padding:14px max(18px,calc(50vw - 34rem));box-shadow:0 -4px 24px #0000001f}
.top{inset-block:0 auto;border-width:0 0 1px;box-shadow:0 4px 24px #0000001f}
@media(min-width:720px){.bar .view.choose{grid-template-columns:1fr auto;align-items:center;column-gap:24px;padding-inline-end:34px}
.bar .choose .row{grid-column:2;grid-row:1/span 2}.bar .choose .words{grid-column:1/-1}}
.corner{position:fixed;z-index:2147483000;inset-block-end:16px;inset-inline-end:16px;display:grid;gap:10px;justify-items:end}
.corner .panel{inline-size:min(23rem,calc(100vw - 32px));max-block-size:calc(100vh - 100px);overflow:auto;box-shadow:0 8px 32px #00000038}
.launch{min-block-size:48px;padding-inline:14px 20px;border-radius:24px;box-shadow:0 4px 16px #00000038}
.launch svg{inline-size:22px;block-size:22px}
dialog{inline-size:min(27rem,calc(100vw - 32px));margin:auto;box-shadow:0 12px 48px #0000004d}
dialog:not([open]){display:none}
dialog::backdrop{background:#0a101c80}
@media(prefers-reduced-motion:no-preference){.bar,.corner .panel,dialog[open]{animation:rise .2s ease-out}
.waits::before{animation:beat 1.6s ease-in-out infinite}
@keyframes rise{from{opacity:0;translate:0 10px}}@keyframes beat{50%{opacity:.25}}}`;

  const GLYPHS = {
    telegram: ["#1c8fd0", "M18 6.8 5.8 11.6l3.9 1.6L18 6.8l-2.1 10.3-3.5-2.6M9.7 13.2v4.2l2.7-2.9"],
    vk: ["#0a6ff0", "m5.4 9 3 6 3-6M14 8.6v6.8M18.6 9 14.2 12l4.4 3"],
    viber: ["#7360f2", "M8.9 7 7.2 8.4c-.5 3.9 4.4 9 8.5 8.6l1.3-1.7-2.4-1.9-1.2 1c-1.6-.5-3-2-3.4-3.5l1-1zM13.5 7.3c1.8.2 3 1.4 3.2 3.2"],
    max: ["#5b3df5", "M6.6 16.2V8.6l5.4 5 5.4-5v7.6"],
  };
  const BUBBLE = "M4.5 5.5h15v10.5h-8.6L7 19.5V16H4.5zM8.5 9.5h7M8.5 12.5h4.5";
  const offers = new Map();
  const dismissed = new Set();
  let sheet, vkScript, number = 0;

  const make = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") node.addEventListener(name, value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value != null) node.setAttribute(name, value);
    }
    node.append(...children.filter((one) => one != null));
    return node;
  };
  const draw = (size, paths, attributes) => {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const set = (node, values) => Object.entries(values).forEach(([k, v]) => node.setAttribute(k, v));
    set(svg, { viewBox: `0 0 ${size} ${size}`, ...attributes });
    for (const values of paths) {
      const path = document.createElementNS(space, "path");
      set(path, values);
      svg.append(path);
    }
    return svg;
  };
  const lines = (d, colour = "currentColor") => ({
    d, fill: "none", stroke: colour, "stroke-width": 1.7, "stroke-linecap": "round", "stroke-linejoin": "round",
  });
  const icon = (channel) => {
    const [colour, d] = GLYPHS[channel] || ["#57606a", BUBBLE];
    const disc = { d: "M0 12a12 12 0 1 1 24 0 12 12 0 0 1-24 0z", fill: colour };
    return draw(24, [disc, lines(d, "#fff")], { class: "icon", "aria-hidden": "true" });
  };
  // A text as the body's type needs no question whether it may be sent.
  const ask = async (url, { body, ms = 5000, ...more } = {}) => {
    const response = await fetch(url, {
      credentials: "omit", signal: AbortSignal.timeout(ms), ...more,
      ...(body && { method: "POST", body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.ok) return text ? JSON.parse(text) : null;
    const { code } = JSON.parse(text).error;
    throw Object.assign(new Error(code), { code, status: response.status });
  };
  const topicsOf = (token) => {
    try {
      const part = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
      return JSON.parse(atob(part)).topics.join(" ");
    } catch { return ""; }
  };
  const isPhone = () => matchMedia("(hover: none) and (pointer: coarse)").matches;
  const loadVk = (url) => vkScript ||= new Promise((loaded, failed) => {
    const types = window.trustedTypes;
    const policy = types && types.createPolicy("parley-vk", { createScriptURL: (one) => one });
    const script = make("script", { load: loaded, error: failed });
    script.nonce = own.nonce;
    script.src = policy ? policy.createScriptURL(url) : url;
    document.head.append(script);
  });

  class ParleySubscribe extends HTMLElement {
    static observedAttributes = ["token", "known", "topics", "layout", "lang", "site", "position",
      "data-title", "data-lead", "data-launch"];
    #root; #offer; #all; #panel; #view; #status; #launcher; #observer; #fresh; #vkPlace;
    #waits = []; #turn = 0; #isDue = false; #isBusy = false; #isSeen = false; #timer = 0; #ticks = new Set();

    connectedCallback() {
      document.addEventListener("visibilitychange", this.#look);
      this.#later();
    }

    disconnectedCallback() {
      document.removeEventListener("visibilitychange", this.#look);
      this.#observer?.disconnect();
      this.#turn++;
      this.#forget();
    }

    attributeChangedCallback(name, before, now) {
      if (before === now) return;
      if (name === "token") this.#fresh = undefined;
      if (name === "topics") this.#ticks.clear();
      this.#later();
    }

    /** Show what is folded away: a popup, or the panel of a floating button. */
    open() {
      if (!this.#panel) return;
      if (this.#layout === "popup") {
        if (!this.#panel.open) this.#panel.showModal();
      } else if (this.#launcher) this.#fold(false);
    }

    get #layout() { return this.getAttribute("layout") || "inline"; }
    get #token() { return this.#fresh || this.getAttribute("token") || ""; }
    get #site() { return `${BASE}widget/${encodeURIComponent(this.getAttribute("site") || own.dataset.site || "")}`; }
    get #key() { return [this.#layout, this.#site, this.getAttribute("topics")].join(" "); }

    #later() {
      if (this.#isDue) return;
      this.#isDue = true;
      queueMicrotask(() => {
        this.#isDue = false;
        if (this.isConnected) this.#load().catch(() => {});
      });
    }

    // Where the server does not answer, what stands inside the element stays to be seen.
    async #load(options) {
      const turn = ++this.#turn;
      const topics = this.getAttribute("topics") ?? topicsOf(this.#token);
      const lang = this.closest("[lang]")?.lang || navigator.language;
      const url = `${this.#site}?${new URLSearchParams({ lang, topics })}`;
      if (options || !offers.has(url)) offers.set(url, ask(url, options));
      let offer;
      try { offer = await offers.get(url); } catch { offers.delete(url); return; }
      if (turn !== this.#turn || !offer.messengers.length) return;
      this.#offer = offer;
      this.#render();
    }

    #say(name, title = "") {
      return (this.dataset[name] ?? this.#offer.texts[name] ?? "").replaceAll("{title}", title);
    }

    #render() {
      if (!this.#root) {
        // First what an old browser may not have: it shows what stands inside the element.
        if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(CSS);
        this.#root = this.attachShadow({ mode: "open" });
        this.#root.adoptedStyleSheets = [sheet];
      }
      const layout = this.#layout, isOpen = this.#panel?.open || this.#launcher?.getAttribute("aria-expanded") === "true";
      this.#forget();
      this.#launcher = undefined;
      this.#view = make("div", { class: "view" });
      this.#status = make("p", { class: "status", part: "status", role: "status" });
      const closes = layout !== "inline";
      const kind = { bar: `bar ${this.getAttribute("position") === "top" ? "top" : ""}` }[layout] || "";
      this.#panel = make(layout === "popup" ? "dialog" : "section", {
        class: `panel ${kind} ${closes ? "closes" : ""}`, part: "panel", "aria-label": this.#say("title") || this.#offer.texts.title, id: "panel",
        cancel: (event) => { event.preventDefault(); this.#dismiss(); },
        keydown: (event) => { if (event.key === "Escape" && closes && layout !== "popup") this.#dismiss(); },
      }, this.#view, this.#status,
      closes ? make("button", { class: "x", part: "close", type: "button", "aria-label": this.#say("close"), click: () => this.#dismiss() },
        draw(24, [lines("m5 5 14 14M19 5 5 19")], { "aria-hidden": "true" })) : null);
      let whole = this.#panel;
      if (layout === "floating") {
        this.#panel.hidden = true;
        this.#launcher = make("button", {
          class: "b main launch", part: "launcher", type: "button", "aria-expanded": "false", "aria-controls": "panel",
          click: () => this.#fold(!this.#panel.hidden),
        }, draw(24, [lines(BUBBLE)], { "aria-hidden": "true" }), this.#say("launch"));
        whole = make("div", { class: "corner" }, this.#panel, this.#launcher);
      }
      this.#all = make("div", { class: "all", lang: this.#offer.language }, whole);
      if (layout === "bar" && dismissed.has(this.#key)) this.#all.replaceChildren();
      this.#root.replaceChildren(this.#all, make("slot", { name: "parley-none" }));
      this.#choose();
      if (isOpen) this.open();
      else if (layout === "popup") this.#openLater();
      this.#observe(this.#launcher || this.#panel);
    }

    #openLater() {
      const delay = this.getAttribute("delay") ?? "3";
      if (delay === "never") return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        if (this.isConnected && !dismissed.has(this.#key)) this.open();
      }, 1000 * Number(delay) || 0);
    }

    #fold(isFolded) {
      this.#panel.hidden = isFolded;
      this.#launcher.setAttribute("aria-expanded", String(!isFolded));
      (isFolded ? this.#launcher : this.#view.querySelector(".title")).focus();
    }

    #dismiss() {
      if (this.#launcher) return this.#fold(true);
      dismissed.add(this.#key);
      if (this.#panel.close) this.#panel.close();
      else this.#all.replaceChildren();
    }

    #observe(node) {
      this.#observer?.disconnect();
      if (this.#isSeen) return;
      this.#observer = new IntersectionObserver((entries) => {
        if (!entries.some((one) => one.isIntersecting)) return;
        this.#observer.disconnect();
        this.#isSeen = true;
        this.#emit("shown", {});
        ask(`${this.#site}/shown`, { body: { page: location.href }, keepalive: true }).catch(() => {});
      }, { threshold: 0.5 });
      this.#observer.observe(node);
    }

    #emit(name, detail) {
      this.dispatchEvent(new CustomEvent(`parley:${name}`, { bubbles: true, composed: true, detail }));
    }

    #show(kind, isMoved, ...children) {
      clearTimeout(this.#timer);
      this.#view.className = `view ${kind}`;
      this.#view.replaceChildren(...children.filter((one) => one != null));
      if (isMoved) this.#view.querySelector(".title")?.focus();
    }

    #tell(text, kind = "") {
      this.#status.className = `status ${kind}`;
      this.#status.textContent = text;
    }

    #title(text) {
      return make("p", { class: "title", part: "title", tabindex: "-1" }, text);
    }

    #choose(isMoved = false) {
      const { messengers, marketing, service } = this.#offer;
      const lead = this.#say("lead");
      const boxes = marketing.map((box) => make("label", { part: "box" },
        make("input", {
          type: "checkbox", part: "checkbox",
          change: (event) => this.#ticks[event.target.checked ? "add" : "delete"](box.topic),
        }), make("span", {}, box.words)));
      boxes.forEach((one, place) => { one.firstChild.checked = this.#ticks.has(marketing[place].topic); });
      this.#tell("");
      this.#show("choose", isMoved,
        this.#title(this.#say("title")),
        lead ? make("p", { class: "lead", part: "lead" }, lead) : null,
        boxes.length ? make("div", { class: "boxes" }, ...boxes) : null,
        make("div", { class: "row" }, ...messengers.map((one) => make("button", {
          class: messengers.length > 1 ? "b" : "b main", part: `button ${one.channel}`, type: "button",
          "aria-label": this.#say("subscribe", one.title), click: () => this.#press(one),
        }, icon(one.channel), messengers.length > 1 ? one.title : this.#say("subscribe", one.title)))),
        service.words ? make("p", { class: "words", part: "words" }, service.words) : null,
        make("p", { class: "small", part: "known", hidden: true }));
      this.#recognise().catch(() => {});
    }

    // Only where the page asks for it: before a click nobody is told who looks.
    async #recognise() {
      const token = this.#token, place = this.#view.querySelector("[part=known]");
      if (!token || !this.hasAttribute("known")) return;
      const { messengers, preferences } = await ask(`${this.#site}/known`, { body: { token } });
      if (!messengers.length) return;
      place.replaceChildren(this.#say("on", messengers.join(", ")), " ", make("a", {
        class: "link", href: preferences, target: "_blank", rel: "noopener noreferrer",
      }, this.#say("change")));
      place.hidden = false;
    }

    async #press(messenger) {
      if (this.#isBusy) return;
      this.#isBusy = true;
      this.#tell(this.#say("one_moment"));
      this.#emit("click", { channel: messenger.channel });
      const turn = this.#turn;
      try {
        const made = await this.#mint(messenger);
        if (turn === this.#turn) this.#opened(messenger, made);
      } catch (error) {
        if (turn === this.#turn) await this.#failed(messenger, error);
      } finally {
        this.#isBusy = false;
      }
    }

    // A token that is not good is renewed once; then the messenger opens without the order.
    async #mint(messenger) {
      const { service, marketing, language } = this.#offer;
      const ticked = marketing.filter((box) => this.#ticks.has(box.topic))
        .map(({ topic, words }) => ({ topic, words }));
      const post = (token) => ask(`${this.#site}/links`, { ms: SLOW, body: {
        account: messenger.account, page: location.href, language, service, ticked, token, qr: !isPhone(),
      } });
      const refused = (error) => { if (error.status !== 400) throw error; };
      if (this.#token) {
        try { return await post(this.#token); } catch (error) { refused(error); }
        this.#fresh = await this.#renewed().catch(() => "");
        if (this.#fresh) {
          try { return await post(this.#fresh); } catch (error) { refused(error); }
        }
      }
      return post(null);
    }

    async #renewed() {
      if (typeof this.renew === "function") return this.renew();
      const url = new URL(this.getAttribute("renew") || "about:blank", location.href);
      if (url.origin !== location.origin) return "";
      const response = await fetch(url, { signal: AbortSignal.timeout(3000) });
      const text = response.ok ? (await response.text()).trim() : "";
      return text.startsWith("{") ? JSON.parse(text).token : text;
    }

    async #failed(messenger, { code, status }) {
      if (code === "words_changed") {
        this.#ticks.clear();
        await this.#load({ cache: "reload" });
      } else if (!status || status >= 500) {
        // Too slow, or no answer: a plain form goes the same way, in a tab of its own.
        const form = make("form", { method: "post", action: `${BASE}go/${messenger.account}`, target: "_blank" },
          make("input", { type: "hidden", name: "token", value: this.#token }),
          make("input", { type: "hidden", name: "boxes", value: "yes" }));
        this.#view.append(form);
        form.submit();
        form.remove();
      }
      this.#tell(this.#say(code) || this.#say("failed"));
    }

    #opened(messenger, made) {
      const { channel, title } = messenger;
      const allows = messenger.vk && made.key, phone = isPhone();
      const copied = async () => {
        try { await navigator.clipboard.writeText(made.url); this.#tell(this.#say("copied")); } catch { /* Not allowed here. */ }
      };
      const link = (name, click) => make("button", { class: "link", type: "button", click }, this.#say(name, title));
      const others = [
        made.app ? make("a", { class: "link", href: made.app }, this.#say("app")) : null,
        phone && navigator.share ? link("share", () => navigator.share({ url: made.url }).catch(() => {})) : null,
        navigator.clipboard ? link("copy", copied) : null,
        this.#offer.messengers.length > 1 ? link("another", () => this.#choose(true)) : null,
      ].filter(Boolean);
      const help = make("div", { class: "row help", hidden: phone && !allows },
        phone && !allows ? make("p", { class: "small" }, this.#say("not_open", title)) : null, ...others);
      const words = allows ? "allow" : phone ? "opening" : "scan";
      const code = made.qr && !allows ? draw(made.qr.size, [{ d: made.qr.path, stroke: "#111" }], {
        class: "qr", part: "qr", width: 4 * made.qr.size, height: 4 * made.qr.size, role: "img", "aria-label": this.#say("code", title), "shape-rendering": "crispEdges",
      }) : null;
      const open = make("a", {
        class: "b main", part: "link", href: made.url, target: "_blank", rel: "noopener",
      }, this.#say("open", title));
      this.#show("opened", true, this.#title(title), make("div", { class: "way" }, code,
        make("div", {}, make("p", {}, this.#say(words, title)), allows ? make("slot", { name: "parley-vk" }) : null, open, help)));
      this.#tell(this.#say("waiting"), "waits");
      this.#wait(messenger, made.visit);
      if (allows) this.#allow(messenger.vk, made.key);
      else if (phone) {
        this.#timer = setTimeout(() => { help.hidden = false; }, HELP_AFTER);
        location.assign(made.url);
      }
    }

    // VK's script finds its place by id in the page itself, so the place is no part of the shadow.
    #allow({ script, group }, key) {
      this.#vkPlace?.remove();
      const id = `parley-vk-${++number}`;
      this.#vkPlace = make("div", { id, slot: "parley-vk" });
      this.append(this.#vkPlace);
      loadVk(script)
        .then(() => window.VK.Widgets.AllowMessagesFromCommunity(id, { height: 30, key }, group))
        .catch(() => {});
    }

    #wait(messenger, visit) {
      const wait = { messenger, url: `${this.#site}/visits/${visit}`, until: Date.now() + WAIT };
      this.#waits.push(wait);
      if (this.#waits.length > 3) this.#end(this.#waits.shift());
      const source = wait.source = new EventSource(`${wait.url}/events`);
      source.addEventListener("state", (event) => this.#told(wait, JSON.parse(event.data)));
      source.addEventListener("end", () => source.close());
      source.onerror = () => { if (source.readyState === 2) this.#poll(wait); };
    }

    async #poll(wait, isOnce = false) {
      try { this.#told(wait, await ask(wait.url)); } catch { /* The next time, then. */ }
      if (!isOnce && !wait.isOver && Date.now() < wait.until) wait.timer = setTimeout(() => this.#poll(wait), POLL);
    }

    // Back from the messenger: a phone may have put the stream to sleep.
    #look = () => {
      if (!document.hidden) for (const wait of this.#waits) this.#poll(wait, true);
    };

    #told(wait, { state, channel, topics }) {
      if (wait.isOver || state === "waiting" || state === wait.state) return;
      wait.state = state;
      const known = this.#offer.messengers.find((one) => one.channel === channel) || wait.messenger;
      if (state === "expired") {
        this.#end(wait);
        if (this.#waits.some((one) => !one.isOver)) return;
        this.#choose();
      } else if (state !== "pending") this.#show("over", false);
      const isDone = state === "subscribed" || state === "started";
      this.#tell(this.#say(state, known.title), isDone ? "done" : "");
      if (state !== "subscribed") return;
      this.#forget();
      this.#emit("subscribed", { channel, topics });
    }

    #end(wait) {
      wait.isOver = true;
      wait.source.close();
      clearTimeout(wait.timer);
    }

    #forget() {
      this.#waits.splice(0).forEach((wait) => this.#end(wait));
      clearTimeout(this.#timer);
      this.#vkPlace?.remove();
    }
  }

  customElements.define("parley-subscribe", ParleySubscribe);
})();
