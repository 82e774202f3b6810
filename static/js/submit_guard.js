// One press, one submission: the second Enter or click on a form that is on its way does nothing. The server is safe
// without this (each form that moves money carries an idempotency key); this spares the clerk the doubt.
// <form data-no-guard> is left alone (searches). A page brought back by "back" is usable again, with the same key.

function busy(form, submitter) {
  form.dataset.submitting = "";
  form.setAttribute("aria-busy", "true");
  submitter?.setAttribute("aria-busy", "true");
  // After this turn, because a disabled button would not send its own name and value.
  setTimeout(() => {
    for (const button of form.querySelectorAll("button:not([type=button])")) {
      if (!button.disabled) { button.disabled = true; button.dataset.guarded = ""; }
    }
  });
}

export function release(form) {
  delete form.dataset.submitting;
  form.removeAttribute("aria-busy");
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  // In a later turn than the disabling above, or an answer from a cache could be overtaken by it.
  setTimeout(() => {
    if ("submitting" in form.dataset) return;
    for (const button of form.querySelectorAll("[data-guarded]")) { button.disabled = false; delete button.dataset.guarded; }
  });
}

const guarded = (form) => form.method !== "dialog" && !("noGuard" in form.dataset);

export function start() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!guarded(form)) return;
    if ("submitting" in form.dataset) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    busy(form, event.submitter);
  }, true);
  // A script of the page that handles the form itself says so by preventing the default; then nothing is on its way.
  document.addEventListener("submit", (event) => {
    const sentByHtmx = event.target.closest("[hx-post], [hx-get], [hx-put], [hx-patch], [hx-delete], [hx-boost]");
    if (event.defaultPrevented && !sentByHtmx && guarded(event.target)) release(event.target);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.("form");
    if (form) release(form);
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-submitting]").forEach(release);
  });
}
