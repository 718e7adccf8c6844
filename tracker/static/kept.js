// On a page that only reads: text of its form that this browser still keeps, to be copied or thrown away. Nothing is sent.
"use strict";

const squeezed = (text) => text.replace(/\s+/g, "");

// What the page itself does not show already; of a text without labels, whatever a person can have written.
function unseen(copy, page) {
  const shown = copy.shown || copy.fields.filter(([name]) => !["version", "base", "save"].includes(name));
  return shown.filter(([, value]) => value.trim() && !page.includes(squeezed(value)));
}

function drawKept(section) {
  const page = "beside" in section.dataset ? squeezed(document.querySelector(section.dataset.beside).textContent) : "";
  section.querySelectorAll("[data-copy]").forEach((one) => one.remove());
  const copies = keptTexts(section.dataset.kept).map((copy) => ({ ...copy, parts: unseen(copy, page) })).filter((copy) => copy.parts.length);
  for (const copy of copies) section.querySelector("[data-copies]").append(drawCopy(section, copy));
  section.hidden = !copies.length;
}

function drawCopy(section, copy) {
  const one = section.querySelector("template").content.firstElementChild.cloneNode(true);
  tellWhen(one.querySelector("time"), copy.at);
  for (const [label, value] of copy.parts) {
    const control = document.createElement(value.length > 40 || value.includes("\n") ? "textarea" : "input");
    Object.assign(control, { className: "control", readOnly: true, value });
    const place = document.createElement("label");
    place.append(label, control);
    one.querySelector("[data-texts]").append(place);
  }
  one.querySelector("[data-do=copy]").addEventListener("click", () => copyAll(one, copy.parts));
  one.querySelector("[data-do=drop]").addEventListener("click", () => {
    localStorage.removeItem(copy.key);
    drawKept(section);
  });
  return one;
}

// Browsers give the clipboard to pages under TLS alone; elsewhere a selected text is copied the old way.
async function copyAll(one, parts) {
  const text = parts.map(([label, value]) => `${label}\n${value}`).join("\n\n");
  const done = navigator.clipboard ? await navigator.clipboard.writeText(text).then(() => true, () => false) : false;
  const said = one.querySelector("[role=status]");
  said.textContent = done || copiedBySelection(one, text) ? said.dataset.copied : said.dataset.byHand;
}

function copiedBySelection(one, text) {
  const place = document.createElement("textarea");
  place.value = text;
  one.append(place);
  place.select();
  const done = document.execCommand("copy");
  place.remove();
  return done;
}

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-kept]").forEach(drawKept));
