// What was typed survives a reload, a log-out and a restart of the server, in this tab only (session storage):
// <form data-draft="account-note-123">. Never kept: amounts, passwords, hidden fields, and anything marked data-private
// on the field or around it. A draft goes when its form was accepted.

const WAIT = 2000;
const timers = new WeakMap();

const key = (form) => `office-draft:${form.dataset.draft}`;

function fields(form) {
  return [...form.elements].filter((field) => field.name
    && !["hidden", "password", "submit", "button", "file", "checkbox", "radio"].includes(field.type)
    && !("amount" in field.dataset) && !field.closest("[data-private]"));
}

function keep(form) {
  const values = fields(form).filter((field) => field.value !== field.defaultValue).map((field) => [field.name, field.value]);
  if (values.length) sessionStorage.setItem(key(form), JSON.stringify(values));
  else sessionStorage.removeItem(key(form));
}

function bring(form) {
  const kept = sessionStorage.getItem(key(form));
  if (!kept || "draftBrought" in form.dataset) return;
  form.dataset.draftBrought = "";
  let brought = false;
  for (const [name, value] of JSON.parse(kept)) {
    const field = fields(form).find((candidate) => candidate.name === name);
    if (field && field.value === field.defaultValue && field.value !== value) { field.value = value; brought = true; }
  }
  if (!brought) return;
  const words = document.createElement("p");
  words.className = "field-help";
  words.textContent = "What you had typed was kept. ";
  const drop = document.createElement("button");
  drop.type = "button";
  drop.className = "btn btn-ghost";
  drop.textContent = "Start afresh";
  drop.addEventListener("click", () => { sessionStorage.removeItem(key(form)); form.reset(); words.remove(); });
  words.append(drop);
  form.prepend(words);
}

export function forgetDraft(form) {
  clearTimeout(timers.get(form));
  if (form.dataset.draft) sessionStorage.removeItem(key(form));
}

export function start() {
  const bringAll = () => document.querySelectorAll("form[data-draft]").forEach(bring);
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form?.dataset.draft) return;
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => keep(form), WAIT));
  });
  addEventListener("pagehide", () => document.querySelectorAll("form[data-draft]:not([data-submitting])").forEach(keep));
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.("form[data-draft]");
    if (form && event.detail.successful) forgetDraft(form);
  });
  // A form sent the plain way is taken as accepted when the next page does not hold it again with errors.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.draft && !event.defaultPrevented) { keep(event.target); sessionStorage.setItem("office-draft-sent", key(event.target)); }
  });
  const sent = sessionStorage.getItem("office-draft-sent");
  if (sent) {
    sessionStorage.removeItem("office-draft-sent");
    if (!document.querySelector("[data-error-summary]") && !location.pathname.startsWith("/login")) sessionStorage.removeItem(sent);
  }
  bringAll();
  document.addEventListener("htmx:afterSettle", bringAll);
}
