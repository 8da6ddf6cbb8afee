// The event stream of an open page. Modules say what they want to hear with on(); connect() begins.
import { get, words } from "./page.js";

const connection = get("connection");
const heard = new Map();
let stream = null;

export function on(name, act) {
  heard.set(name, [...(heard.get(name) || []), act]);
}

function tellConnection(look, text) {
  connection.className = `connection ${look}`;
  connection.textContent = text;
}

function open(isFirst) {
  let url = words.stream;
  // Only a fresh page shows what its marks say.
  if (!isFirst) url = url.replace(/&(listed|thread|about)=[^&]*/g, "");
  stream = new EventSource(url);
  stream.onopen = () => tellConnection("live", connection.dataset.live);
  stream.onerror = () => {
    tellConnection("lost", connection.dataset.lost);
    // A refusal ends it for good: the browser itself only comes back after a broken connection.
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => open(false), 5000);
  };
  for (const [name, acts] of heard) {
    stream.addEventListener(name, (event) => {
      const data = JSON.parse(event.data);
      for (const act of acts) act(data);
    });
  }
}

function resume() {
  if (stream === null && words.stream) open(false);
}

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

export function connect() {
  document.addEventListener("visibilitychange", () => { if (!document.hidden) resume(); });
  addEventListener("pagehide", () => { stream?.close(); stream = null; });
  addEventListener("pageshow", resume);
  if (words.stream) open(true);
}
