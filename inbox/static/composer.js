// Answers and notes without leaving the page. Each has a draft of its own per conversation; the
// form's key makes what is written one of a kind however often it is sent.
import { get, kept, words } from "./page.js";
import { on } from "./stream.js";
import { append, lastAnswer, post, showMessage, thread } from "./thread.js";

export const composer = get("composer"), answer = get("answer");
const input = get("files"), button = get("send");
const said = composer?.dataset;
let typedAt = 0;

export function isNote() {
  return composer.elements.mode.value === "note";
}
function draft() {
  // An edit that was begun is nothing to come back to: only the answer's own draft is kept.
  if (said.editing) return "";
  return `${isNote() ? "note" : "draft"} ${thread.dataset.id}`;
}

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
  for (const [look, shown] of [...files.map((one) => ["said", one.name]), ["text said", text], ["meta", ""]]) {
    const line = document.createElement("p");
    line.className = look;
    line.dir = "auto";
    line.textContent = shown;
    if (shown || look === "meta") bubble.append(line);
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

function mayForce(may) {
  composer.elements.force.value = may ? "yes" : "";
  button.textContent = may ? said.sendAnyway : said.send;
}

async function keepNote() {
  if (!answer.value.trim() || said.busy) return answer.focus();
  said.busy = "yes";
  complain("");
  try {
    const response = await post("notes", { text: answer.value, key: composer.elements.key.value });
    const shown = await response.json();
    if (!response.ok) throw new Error(shown.error);
    answer.value = "";
    kept(draft(), "");
    composer.elements.key.value = shown.key;
    showMessage(shown);
  } catch (error) {
    // The key stays: the same note again is kept once.
    complain(error.name === "Error" && error.message ? error.message : words.notDone);
  } finally {
    delete said.busy;
    answer.focus();
  }
}

async function send(event) {
  event.preventDefault();
  // A note is never sent as an answer, whichever button or key it was.
  if (isNote()) return keepNote();
  const text = answer.value.trim(), files = [...input.files];
  const key = composer.elements.key;
  if (!(text || files.length) || composer.dataset.busy) return answer.focus();
  composer.elements.seen.value = lastAnswer(composer.elements.seen.value);
  const form = new FormData(composer);
  form.set("text", text);
  form.delete("mode");
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
    mayForce(Boolean(data.force));
    if (!ok) throw new Error(typeof data.error === "string" ? data.error : "");
    bubble.remove();
    kept(`draft ${thread.dataset.id}`, "");
    showMessage(data);
    foresee();
  } catch (error) {
    // The key stays where no answer came: the same words again go out once.
    bubble.remove();
    if (isNote()) choose("answer");
    answer.value = answer.value ? `${text}\n${answer.value}` : text;
    kept(draft(), answer.value);
    putFiles([...files, ...input.files]);
    complain(error.name === "Error" && error.message ? error.message : words.notTaken);
  } finally {
    delete composer.dataset.busy;
    button.disabled = answer.disabled;
    answer.focus();
  }
}

function showReachable({ reachable, why }) {
  if (why) said.unreachable = why;
  if (Boolean(said.reachable) === reachable) return;
  said.reachable = reachable ? "yes" : "";
  complain(reachable ? "" : said.unreachable);
  allow();
}

function allow() {
  const may = Boolean(said.reachable);
  input.disabled = button.disabled = !may;
  answer.disabled = !may && !isNote();
}

// ---- answer or note

export function choose(mode) {
  if (composer.elements.mode.value === mode || said.editing) return;
  composer.elements.mode.value = mode;
  changed();
}

function changed() {
  // What stood there was kept as it was typed; the other one's draft takes its place.
  answer.value = kept(draft()) || "";
  look();
  complain(isNote() || said.reachable ? "" : said.unreachable);
  answer.focus();
}

function look() {
  const note = isNote();
  composer.classList.toggle("noting", note);
  document.querySelector('label[for="answer"]').textContent = note ? said.noteLabel : said.answerLabel;
  answer.placeholder = note ? said.noteHint : said.answerHint;
  allow();
  foresee();
}

// ---- what the messenger will make of it

const hint = get("hint"), counter = get("counter");
let asking = 0;

function foresee() {
  clearTimeout(asking);
  const most = Number(said.textLimit), long = answer.value.length;
  const isNear = !isNote() && most && long > most * .8;
  counter.textContent = isNear ? `${long} / ${most}` : "";
  counter.classList.toggle("over", long > most);
  if (isNote() || said.editing || !(isNear || input.files.length)) { hint.hidden = true; return; }
  asking = setTimeout(async () => {
    const files = [...input.files].map((one) => [one.name, one.size, one.type]);
    try {
      const response = await post("foresee", { text: answer.value, files: JSON.stringify(files) });
      if (!response.ok || isNote()) return;
      const told = await response.json();
      hint.textContent = told.problem || told.hint;
      hint.classList.toggle("problem", Boolean(told.problem));
      hint.hidden = !hint.textContent;
    } catch { /* Sending tells it as well. */ }
  }, 300);
}

// The composer holds this text of an answer that was sent; "" lets it go.
export function edits(id, text) {
  if (id) { said.editing = id; answer.value = text; }
  else {
    delete said.editing;
    answer.value = kept(draft()) || "";
  }
  composer.classList.toggle("editing", Boolean(id));
  complain(id || said.reachable ? "" : said.unreachable);
  look();
  button.textContent = id ? said.save : said.send;
  answer.focus();
}

function typed() {
  if (draft()) kept(draft(), answer.value);
  foresee();
  if (!answer.value || Date.now() - typedAt < 2500) return;
  typedAt = Date.now();
  post("typing", {}).catch(() => {});
}

if (composer) {
  if (!answer.value) answer.value = kept(draft()) || "";
  look();
  answer.addEventListener("input", typed);
  input.addEventListener("change", foresee);
  input.addEventListener("put", foresee);
  composer.addEventListener("change", (event) => { if (event.target.name === "mode") changed(); });
  composer.addEventListener("submit", send);
  addEventListener("beforeunload", (event) => { if (composer.dataset.busy) event.preventDefault(); });
  answer.addEventListener("keydown", (event) => {
    const isTouch = matchMedia("(pointer: coarse)").matches;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !isTouch && !event.defaultPrevented) {
      event.preventDefault();
      composer.requestSubmit();
    }
  });
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || !event.shiftKey || event.code !== "KeyN") return;
    event.preventDefault();
    choose(isNote() ? "answer" : "note");
  });
  on("about", showReachable);
}
