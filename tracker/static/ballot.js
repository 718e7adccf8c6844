// A vote that is typed and not cast yet stays in this browser, for the same person and unit, until it is cast, thrown away or they sign out.
"use strict";

const CHOICES = /^(position|reason|commit|score)-|^(approve|none)$/;
const keyOf = (path, unit) => `kept:${document.body.dataset.person}:${path}#${unit}`;
const read = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };

function forget(key) {
  try { localStorage.removeItem(key); } catch { /* Nothing was kept. */ }
}

// After the cast nothing of it stays behind, for whichever unit it was.
function forgetAll(path) {
  try { Object.keys(localStorage).filter((key) => key.startsWith(keyOf(path, ""))).forEach(forget); } catch { /* Nothing was kept. */ }
}

function keepsWhatIsTyped(form) {
  const key = keyOf(location.pathname, form.dataset.ballot);
  const fields = () => [...new FormData(form)].filter(([name]) => CHOICES.test(name));
  const recorded = fields();

  function keep() {
    const labels = [...form.elements].filter((one) => one.labels?.length && (one.checked || (one.matches("textarea") && one.value)));
    const shown = labels.map((one) => [one.closest("section")?.querySelector("h2")?.textContent || "", one.matches("textarea") ? one.value : one.labels[0].textContent.trim()]);
    try { localStorage.setItem(key, JSON.stringify({ at: new Date().toISOString(), fields: fields(), shown })); } catch { /* It stays on the page. */ }
  }

  function fill(pairs) {
    const has = (name, value) => pairs.some((pair) => pair[0] === name && pair[1] === value);
    for (const one of form.elements) {
      if (one.matches("textarea")) one.value = (pairs.find((pair) => pair[0] === one.name) || ["", ""])[1];
      else if (CHOICES.test(one.name)) one.checked = has(one.name, one.value);
      if (one.matches("textarea") && one.value) one.closest("details").open = true;
      if (one.id) showCount(one);
    }
  }

  // The overview at the top says of each item what is chosen and differs from what stands.
  const lines = [...form.querySelectorAll("[data-line]")].map((line) => ({ line, stood: line.textContent, name: line.dataset.line }));
  function overview() {
    const stood = Object.fromEntries(recorded);
    for (const each of lines) {
      const chosen = form.querySelector(`[name="${each.name}"]:checked`);
      const fresh = chosen && chosen.value !== stood[each.name];
      each.line.textContent = fresh ? `${chosen.nextElementSibling.textContent} · ${form.querySelector("[data-chosen]").dataset.chosen}` : each.stood;
    }
  }

  const copy = read(key);
  const bar = form.querySelector("[data-bar=kept]");
  if ("unsaved" in form.dataset) keep();
  else if (copy && JSON.stringify(copy.fields) !== JSON.stringify(recorded)) {
    fill(copy.fields);
    overview();
    tellWhen(bar.querySelector("time"), copy.at);
    bar.hidden = false;
  } else forget(key);
  bar.querySelector("[data-do=drop]").addEventListener("click", () => {
    forget(key);
    fill(recorded);
    overview();
    bar.hidden = true;
  });
  form.addEventListener("input", () => { keep(); overview(); });
  // A rejection or a call for discussion owes a reason: its box opens.
  form.addEventListener("change", (event) => {
    const box = ["no", "discuss"].includes(event.target.value) && event.target.closest(".body").querySelector("details");
    if (box) box.open = true;
  });
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-cast]").forEach((one) => forgetAll(one.dataset.cast));
  document.querySelectorAll("form[data-ballot]").forEach(keepsWhatIsTyped);
});
