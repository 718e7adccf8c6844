// A long form that saves itself, and keeps in the browser what the server has not taken yet. Without this file its buttons do.
"use strict";

const WAIT = 1500; // milliseconds after the last key
const AGAIN = 10000; // until a failed save is tried again
const ALIVE = 60000; // bytes that a browser still sends while the page goes away
const OWN = new Set(["csrf_token", "version", "base", "save"]);

const said = document.getElementById("saved");
const bar = (name) => document.querySelector(`[data-bar="${name}"]`);

function show(name, text) {
  document.querySelectorAll("[data-bar]").forEach((each) => { each.hidden = each.dataset.bar !== name; });
  const place = name && bar(name).querySelector("[data-text]");
  if (place) place.textContent = text;
}

// What the person typed: no empty cells, no secrets of the form.
const words = (fields) => JSON.stringify(fields.filter(([name, value]) => !OWN.has(name) && value.trim()).map(([name, value]) => [name, value.replace(/\s+/g, " ").trim()]));

// Each tab keeps its own text: two tabs of one person do not write over each other.
function ownKey() {
  const start = `kept:${document.body.dataset.person}:${location.pathname}#`;
  try {
    sessionStorage.tab = sessionStorage.tab || Math.random().toString(36).slice(2);
    return start + sessionStorage.tab;
  } catch { return start; }
}

const wordsOf = (place) => (place ? place.firstChild.textContent.trim() : "");

// What a control is called on the page and what it shows, for the page that can only show a kept text.
function shownBy(control) {
  const part = wordsOf(control.closest("fieldset")?.querySelector("legend"));
  const label = wordsOf(control.labels[0]);
  if (control.type === "radio") return [part, label];
  return [part ? `${part}: ${label}` : label, control.matches("select") && control.value ? control.selectedOptions[0].text : control.value];
}

function autosave(form) {
  const key = ownKey();
  const fields = () => [...new FormData(form)].filter(([, value]) => typeof value === "string");
  let dirty = "unsaved" in form.dataset;
  const quiet = form.dataset.autosave === "quiet"; // Two texts wait for a choice: only a button saves.
  let timer, going, settled, stopped, offered, unkept;

  // A browser that is full or keeps nothing may still hold an older text of this form: that one stays, and the page says what is so.
  function keep() {
    const shown = [...form.elements].filter((one) => one.name && one.labels?.length && (one.type !== "radio" || one.checked)).map(shownBy);
    const copy = JSON.stringify({ at: new Date().toISOString(), fields: fields().filter(([name]) => name !== "csrf_token"), shown });
    try { localStorage.setItem(key, copy); unkept = false; } catch { unkept = true; }
  }

  function forget(which = key) {
    try { localStorage.removeItem(which); } catch { /* Nothing was kept. */ }
  }

  function later(wait = WAIT) {
    clearTimeout(timer);
    if (!stopped && !quiet) timer = setTimeout(save, wait);
  }

  // One save at a time; resolves to the status of the answer, 0 where there was none.
  function save() {
    clearTimeout(timer);
    if (!going) going = send().finally(() => { going = null; });
    return going;
  }

  async function send() {
    dirty = false;
    said.textContent = said.dataset.saving;
    const body = new URLSearchParams([...fields().filter(([name]) => name !== "save"), ["save", "auto"]]);
    let answer, told = {};
    try {
      answer = await fetch(location.pathname, { method: "POST", body, keepalive: String(body).length < ALIVE });
      if ((answer.headers.get("Content-Type") || "").includes("json")) told = await answer.json();
      else if (answer.status === 409 || answer.status === 403) told.why = reason(await answer.text());
    } catch { answer = { status: 0 }; }
    heard(answer.status, told);
    return answer.status;
  }

  // A page of refusal says why in the first paragraph of its text.
  function reason(page) {
    const place = new DOMParser().parseFromString(page, "text/html").querySelector("main .body p");
    return place ? place.textContent : "";
  }

  function heard(status, told) {
    if (status === 200) return stored(told);
    dirty = true;
    keep();
    said.textContent = told.why || "";
    if (status === 422) return complain(told.errors || {});
    if (status === 0 || status >= 500 || status === 429) {
      said.textContent = unkept ? said.dataset.unkept : status ? said.dataset.failed : said.dataset.offline;
      return later(AGAIN);
    }
    stopped = true;
    said.textContent = said.dataset.stopped;
    if (status === 400 || status === 401) show(unkept ? "unkept" : "over");
    else show(told.both ? "collided" : "refused", told.why || "");
  }

  function stored(told) {
    for (const [name, value] of Object.entries(told.fields)) if (form.elements[name]) form.elements[name].value = value;
    complain({});
    said.textContent = `✓ ${told.saved}`;
    if (told.news) show("news", told.news);
    if (dirty) return later();
    forget();
    form.dispatchEvent(new Event("saved"));
  }

  // Messages beside their fields, as the server would have drawn them; the focus stays where the person writes.
  function complain(errors) {
    form.querySelectorAll(".field-error").forEach((each) => each.remove());
    form.querySelectorAll("[aria-invalid]").forEach((each) => each.removeAttribute("aria-invalid"));
    const summary = document.getElementById("errors");
    if (summary) summary.remove();
    for (const [name, messages] of Object.entries(errors)) complainOf(document.getElementById(name), messages);
  }

  function complainOf(control, messages) {
    if (!control) return;
    const place = document.createElement("p");
    Object.assign(place, { className: "field-error", id: `${control.id}-error`, textContent: messages.join(" ") });
    if (control.matches("fieldset")) return control.querySelector("legend").after(place);
    control.before(place);
    control.setAttribute("aria-invalid", "true");
    const others = (control.getAttribute("aria-describedby") || "").split(" ").filter((id) => id && id !== place.id);
    control.setAttribute("aria-describedby", [place.id, ...others].join(" "));
  }

  // A button saves by the same way first, so that the browser lets go of its copy only when the text is stored.
  async function pressed(event) {
    clearTimeout(timer);
    const idle = !going && !dirty; // Nothing to save first; a browser takes no second submission while it still tells of the first.
    if (settled || idle || (event.submitter && /^(add|remove)-/.test(event.submitter.name))) return keepUnless(settled || idle);
    event.preventDefault();
    const status = await save().then((first) => (dirty && first === 200 ? save() : first));
    if (status === 0) return;
    settled = true;
    form.requestSubmit(event.submitter);
  }

  function keepUnless(done) {
    stopped = true;
    if (!done) keep();
  }

  // The server draws the form with the kept text in it, rows and all; from there it is saved like any other. Until then it is this tab's text.
  function restore() {
    try {
      localStorage.setItem(key, localStorage.getItem(offered.key));
      if (offered.key !== key) forget(offered.key);
    } catch { /* It stays where it is, and is offered again. */ }
    const post = document.createElement("form");
    post.method = "post";
    for (const [name, value] of [...offered.fields, ["csrf_token", form.elements.csrf_token.value], ["restore", "1"]]) {
      const place = document.createElement("textarea");
      Object.assign(place, { name, value });
      post.append(place);
    }
    post.hidden = true;
    document.body.append(post);
    HTMLFormElement.prototype.submit.call(post);
  }

  // The newest text that was not sent; one that says no more than the form does is let go. What is typed meanwhile is kept beside it.
  function offer() {
    for (const copy of keptTexts(location.pathname)) if (words(copy.fields) === words(fields())) forget(copy.key);
    const copies = keptTexts(location.pathname);
    copies.filter((copy) => copy.key === key).forEach(step);
    [offered] = copies;
    if (!offered) return show();
    tellWhen(bar("kept").querySelector("time"), offered.at);
    show("kept");
  }

  // The text of this tab's earlier page makes way for what is typed now.
  function step(copy) {
    try {
      localStorage.setItem(`${key}-${copy.at}`, localStorage.getItem(key));
      forget();
      copy.key = `${key}-${copy.at}`;
    } catch { /* It stays where it is. */ }
  }

  const doing = { restore, drop: () => { forget(offered.key); offer(); }, submit: () => { settled = true; form.requestSubmit(form.querySelector("button[name=save]")); } };

  form.addEventListener("input", () => {
    dirty = true;
    keep();
    later();
  });
  form.addEventListener("submit", pressed);
  window.addEventListener("online", () => dirty && later(0));
  document.addEventListener("visibilitychange", () => document.hidden && dirty && !stopped && !quiet && save());
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) doing[button.dataset.do]();
    if (event.target.closest("[data-leave]")) form.dispatchEvent(new Event("saved"));
  });
  if (dirty) keep();
  else offer();
  if (dirty) later();
}

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("form[data-autosave]").forEach(autosave));
