// Native dialogs: data-opens="#id" opens one over the page, data-closes shuts it, a click beside it shuts it too unless
// something was typed. The browser keeps the focus inside and gives it back to the button.

function open(dialog) {
  dialog.dispatchEvent(new CustomEvent("office:dialog-opening", { bubbles: true, detail: { dialog } }));
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => { menu.open = false; });
  dialog.showModal();
  const first = dialog.querySelector("[autofocus], .dialog-body :is(input:not([type=hidden]), select, textarea)");
  // With nothing to type the focus rests on "Go back", so that a hurried Enter changes nothing.
  (first || dialog.querySelector("[data-closes]"))?.focus();
}

const touched = (dialog) => [...dialog.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue);

export function start() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      const dialog = document.querySelector(opener.dataset.opens);
      if (dialog && !dialog.open) open(dialog);
      return;
    }
    if (event.target.closest("[data-closes]")) { event.target.closest("dialog")?.close(); return; }
    if (event.target.matches("dialog[open]") && !touched(event.target)) {
      const box = event.target.getBoundingClientRect();
      const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!inside) event.target.close();
    }
  });
}
