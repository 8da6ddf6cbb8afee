// Answering without leaving the page. The draft is kept per conversation; the form's key makes an
// answer one of a kind however often it is sent.
import { get, kept, words } from "./page.js";
import { on } from "./stream.js";
import { append, showMessage, thread } from "./thread.js";

const composer = get("composer"), answer = get("answer"), input = get("files");
const button = composer?.querySelector("button.main");
const draft = thread && `draft ${thread.dataset.id}`;

export function complain(text) {
  const why = get("why-not");
  why.textContent = text;
  why.hidden = !text;
}

function putFiles(files) {
  input.dispatchEvent(new CustomEvent("put", { detail: files }));
}

function expected(key, text, files) {
  const bubble = document.createElement("li");
  bubble.className = "bubble out ours sending";
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
  const key = composer.elements.key;
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
  answer.value = "";
  putFiles([]);
  append(bubble);
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

function showReachable({ reachable }) {
  if (answer.disabled !== reachable) return;
  answer.disabled = input.disabled = button.disabled = !reachable;
  complain(reachable ? "" : composer.dataset.unreachable);
}

if (composer) {
  if (!answer.value) answer.value = kept(draft) || "";
  answer.addEventListener("input", () => kept(draft, answer.value));
  composer.addEventListener("submit", send);
  addEventListener("beforeunload", (event) => { if (composer.dataset.busy) event.preventDefault(); });
  answer.addEventListener("keydown", (event) => {
    const isTouch = matchMedia("(pointer: coarse)").matches;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !isTouch && !event.defaultPrevented) {
      event.preventDefault();
      composer.requestSubmit();
    }
  });
  on("about", showReachable);
}
