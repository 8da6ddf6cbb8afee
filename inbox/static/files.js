// The files of an answer. Chosen, pasted or dropped, they all end in the form's own input, so that
// whoever sends the form finds them there. "put" with a list in its detail sets them anew.
import { complain } from "./composer.js";
import { get, lang } from "./page.js";

const composer = get("composer"), input = get("files"), answer = get("answer"), chosen = get("chosen");
const words = composer?.dataset;
let held = [];

function size(bytes) {
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, "kilobyte"] : [bytes / 1e6, "megabyte"];
  return new Intl.NumberFormat(lang, { style: "unit", unit, maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}
function whyNot(file, place) {
  if (place >= Number(words.mostFiles)) return words.tooMany;
  if (file.size > Number(words.mostBytes)) return words.tooLarge.replace("#", () => file.name);
  return file.size ? "" : words.empty.replace("#", () => file.name);
}
function put(files) {
  const all = new DataTransfer();
  let problem = "";
  for (const file of files) {
    const why = whyNot(file, all.items.length);
    if (why) problem ||= why; else all.items.add(file);
  }
  input.files = all.files;
  held = [...all.files];
  chosen.replaceChildren(...held.map(chip));
  chosen.hidden = !held.length;
  if (files.length) complain(problem);
}
function chip(file) {
  const one = document.createElement("li"), name = document.createElement("bdi");
  const about = document.createElement("span"), remove = document.createElement("button");
  if (/^image\/(jpeg|png|gif|webp)$/.test(file.type)) one.append(preview(file));
  name.textContent = file.name;
  about.textContent = size(file.size);
  remove.type = "button";
  remove.textContent = "×";
  remove.title = words.detach.replace("#", () => file.name);
  remove.addEventListener("click", () => {
    put(held.filter((other) => other !== file));
    answer.focus();
  });
  one.append(name, " ", about, " ", remove);
  return one;
}
function preview(file) {
  const image = document.createElement("img");
  image.alt = "";
  image.src = URL.createObjectURL(file);
  image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  image.addEventListener("error", () => { URL.revokeObjectURL(image.src); image.remove(); }, { once: true });
  return image;
}
function add(files) {
  if (!input.disabled) put([...held, ...files]);
}

if (composer) {
  input.addEventListener("put", (event) => put(event.detail));
  // The browser replaces what was chosen before; here it is added.
  input.addEventListener("change", () => add(input.files));
  answer.addEventListener("paste", (event) => {
    const { files, types } = event.clipboardData;
    // A table copied from an office program comes as text and as its picture: the text is meant.
    if (!files.length || types.includes("text/plain")) return;
    event.preventDefault();
    add(files);
  });
  const brings = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    composer.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) composer.classList.remove("dropping");
  });
  addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    composer.classList.remove("dropping");
    add(event.dataTransfer.files);
  });
  // A browser that comes back to the page may still have some.
  put([...input.files]);
}
