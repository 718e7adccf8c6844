// Progressive enhancement only: every page works without this file.
"use strict";

// What makes up one Latin word or number; the server counts with the same class of characters (tracker/text.py).
const RUN = "0-9A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02b8\u0300-\u036f\u1e00-\u1eff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a";
const ZI = new RegExp(`[${RUN}]+|[^\\s${RUN}]`, "gu");

const countZi = (text) => (text.replaceAll("\ufeff", "").normalize("NFC").match(ZI) || []).length;

// The counter under a field with a limit: <output data-counter-for="id" data-limit="40">.
function showCount(field) {
  const counter = document.querySelector(`[data-counter-for="${CSS.escape(field.id)}"]`);
  if (!counter) return;
  const count = countZi(field.value);
  counter.querySelector("[data-count]").textContent = String(count);
  counter.classList.toggle("over", count > Number(counter.dataset.limit));
}

// Leaving a guarded form with unsaved words asks first. Sending it, or an autosave that succeeded, lifts the guard.
const unsaved = new Set();

function guardForm(form) {
  form.addEventListener("input", () => unsaved.add(form));
  form.addEventListener("submit", (event) => event.defaultPrevented || unsaved.delete(form));
  form.addEventListener("saved", () => unsaved.delete(form));
  const written = [...form.querySelectorAll("textarea")].some((field) => field.value.trim());
  if ("unsaved" in form.dataset && written) unsaved.add(form); // An answer that shows again what was typed.
}

// Text that autosave.js keeps in this browser is for the person who typed it: anybody else, and a sign-out, clear it away.
function forgetAllBut(person) {
  try {
    Object.keys(localStorage).filter((key) => key.startsWith("kept:") && key.split(":")[1] !== person).forEach((key) => localStorage.removeItem(key));
  } catch { /* A browser that keeps nothing. */ }
}

// The texts of the form at an address that this browser keeps for the person, newest first, each with the key it is kept under.
function keptTexts(path) {
  const start = `kept:${document.body.dataset.person}:${path}`;
  const read = (key) => { try { return { ...JSON.parse(localStorage.getItem(key)), key }; } catch { return {}; } };
  try {
    return Object.keys(localStorage).filter((key) => key.split("#")[0] === start).map(read).filter((copy) => copy.fields).sort((one, other) => (one.at < other.at ? 1 : -1));
  } catch { return []; }
}

// When a text was kept, in the words of the page's language.
function tellWhen(place, at) {
  const today = new Date(at).toDateString() === new Date().toDateString();
  place.dateTime = at;
  place.textContent = new Date(at).toLocaleString(document.documentElement.lang, today ? { hour: "2-digit", minute: "2-digit", hour12: false } : { dateStyle: "medium", timeStyle: "short" });
}

// A second click on a form already on its way does nothing; coming back with the Back button makes it usable again.
function stopSecondSubmit(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 10000); // An answer that is a download leaves the page standing.
}

function closeMenus(except) {
  document.querySelectorAll("details.menu[open]").forEach((menu) => menu !== except && menu.removeAttribute("open"));
}

function prepare(root) {
  root.querySelectorAll("form[data-guard]").forEach(guardForm);
  root.querySelectorAll("[data-counter-for]").forEach((counter) => {
    const field = document.getElementById(counter.dataset.counterFor);
    if (field) showCount(field);
  });
}

if (window.htmx) {
  Object.assign(htmx.config, { includeIndicatorStyles: false, allowEval: false, allowScriptTags: false, historyCacheSize: 0 });
  // An answer of 422 is the form with its messages, and is shown like any other.
  htmx.config.responseHandling = [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "422", swap: true },
    { code: "...", swap: false, error: true },
  ];
  document.addEventListener("htmx:load", (event) => event.target !== document.body && prepare(event.target));
}

document.addEventListener("input", (event) => event.target.id && showCount(event.target));
// A point of the formal check that fails owes a remark: its box opens.
document.addEventListener("change", (event) => {
  const box = event.target.name?.startsWith("mark_") && event.target.value === "fail" && event.target.closest(".field").querySelector("details");
  if (box) box.open = true;
});
document.addEventListener("submit", stopSecondSubmit);
document.addEventListener("submit", (event) => "forgets" in event.target.dataset && forgetAllBut(""));
document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details.menu"));
  const opener = event.target.closest("[data-opens]");
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog) { event.preventDefault(); dialog.showModal(); }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest("details.menu[open]");
  closeMenus();
  if (open) open.querySelector("summary").focus();
});
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
window.addEventListener("beforeunload", (event) => unsaved.size && event.preventDefault());
document.addEventListener("DOMContentLoaded", () => {
  prepare(document);
  if (document.body.dataset.person) forgetAllBut(document.body.dataset.person);
  const place = document.querySelector(".masthead nav [aria-current]");
  if (place) place.parentElement.scrollLeft = place.offsetLeft - place.parentElement.offsetLeft - 16;
  const summary = document.getElementById("errors");
  if (summary) summary.focus();
});
