// A new account by the keys. Enter or the down arrow in a search box chooses the first that was found; Enter in any other
// field goes to the next one, so that a half-filled form is not sent by habit: Ctrl+Enter opens the account.
const form = document.querySelector("#opening");

// An answer that comes while somebody types must not take back the letters.
if (window.Idiomorph) window.Idiomorph.defaults.ignoreActiveValue = true;

const fields = () => [...form.elements].filter((field) => field.type !== "hidden" && !field.disabled
  && field.tagName !== "FIELDSET" && field.checkVisibility());

function next(from) {
  const all = fields();
  const other = all.slice(all.indexOf(from) + 1).find((field) => field.name !== from.name || from.type !== "radio");
  other?.focus();
  other?.select?.();
}

function choose(box) {
  const found = document.querySelectorAll(`${box.dataset.finds} input[type=radio]`);
  const first = [...found].find((radio) => radio.value !== "") ?? found[0];
  if (!first || first.value === "") { next(found[found.length - 1] ?? box); return; }
  first.focus();
  if (first.checked) return;
  first.checked = true;
  first.dispatchEvent(new Event("change", { bubbles: true }));
}

form.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const field = event.target;
  const finds = field.dataset?.finds && (event.key === "Enter" || event.key === "ArrowDown");
  const plain = event.key === "Enter" && field.matches("input, select") && field.type !== "submit";
  if (!finds && !plain) return;
  event.preventDefault();
  if (finds) choose(field);
  else next(field);
});

// A bar code goes into the field with the focus (a meter's number, mostly) and never leaves the half-filled page.
document.addEventListener("office:scan", (event) => {
  event.preventDefault();
  const field = document.activeElement;
  if (!form.contains(field) || !field.matches("input[type=text], input[type=search]")) return;
  field.value = event.detail.text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  if (!field.dataset.finds) next(field);
});
