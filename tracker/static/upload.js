// Sending files: what is too large is said before it is sent, files can be dropped, and the way is shown. Without it the form just sends.
"use strict";

document.querySelectorAll("form[data-upload]").forEach(prepareUpload);

function prepareUpload(form) {
  const place = form.querySelector("[data-drop]");
  const input = place.querySelector("input[type=file]");
  const error = place.querySelector(".field-error");

  const tooLarge = () => {
    const large = [...input.files].filter((file) => file.size > Number(input.dataset.most)).map((file) => file.name);
    error.textContent = large.length ? `${input.dataset.tooLarge} ${large.join(", ")}` : "";
    error.hidden = !large.length;
    return large.length > 0;
  };

  input.addEventListener("change", tooLarge);
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    tooLarge();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!tooLarge() && input.files.length) send(form, place.querySelector("progress"), error);
    else input.focus();
  });
}

// The answer is a page like any other: its main part takes the place of this one.
function send(form, bar, error) {
  if (form.dataset.sending) return;
  form.dataset.sending = "yes";
  const request = new XMLHttpRequest();
  bar.hidden = false;
  request.upload.addEventListener("progress", (event) => { bar.value = event.loaded / event.total; });
  request.addEventListener("error", () => {
    delete form.dataset.sending;
    bar.hidden = true;
    error.hidden = false;
    error.textContent = form.dataset.failed;
  });
  request.addEventListener("load", () => {
    const main = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("main");
    document.querySelector("main").replaceWith(document.adoptNode(main));
    if (request.status < 400) history.replaceState(null, "", request.responseURL);
    document.querySelectorAll("form[data-upload]").forEach(prepareUpload);
    const said = document.getElementById("errors");
    if (said) said.focus();
    else window.scrollTo(0, 0);
  });
  request.open("POST", form.action);
  request.send(new FormData(form));
}
