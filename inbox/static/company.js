// Who else has the conversation open or types in it, and in which conversations a note calls one.
import { get, words } from "./page.js";
import { on } from "./stream.js";

const place = get("company"), rows = get("rows");
let called = [];

function showCompany(company) {
  place.textContent = company.words;
  place.dataset.look = company.look;
}

function showCalled() {
  for (const row of rows.children) {
    const name = row.querySelector(".name"), isCalled = called.includes(row.dataset.id);
    let mark = row.querySelector(".called");
    if (isCalled && !mark) {
      mark = document.createElement("b");
      mark.className = "called";
      mark.textContent = "@";
      mark.title = words.called;
      mark.setAttribute("aria-label", words.called);
      name.before(mark);
    } else if (!isCalled) mark?.remove();
  }
}

if (place) on("company", showCompany);
if (rows) {
  on("called", ({ ids }) => { called = ids; showCalled(); });
  // Rows that came anew have no marks: this is heard after the list has shown them.
  on("list", showCalled);
}
