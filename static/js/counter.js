// The counter on the ten-key pad. The page works without this; here are its keys, the scanner, and where the focus goes.
// In a box that was not typed in yet, * puts in all that is owed, + goes to the next box and - to the one before; once
// something was typed they are signs of a sum (52.37+84.10). P and C put in what is past due and what is current.

const till = document.querySelector("#till");
const find = document.querySelector("#find");

const steps = () => [...till.querySelectorAll("[data-step]:not(:disabled)")];
const untouched = (box) => box.value === "" || (box.selectionStart === 0 && box.selectionEnd === box.value.length);

function go(box) {
  if (!box) return;
  box.focus();
  box.select();
}

function put(box, amount) {
  if (amount === undefined) return;
  box.value = amount;
  box.select();
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function amountFor(box) {
  return "all" in box.dataset ? box : till.querySelector("input[name=amount]");
}

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const box = event.target;
  if (event.key === "Escape") { clear(event); return; }
  if (box === find) { fromFind(event); return; }
  if (!box.matches("[data-step]")) return;
  const free = untouched(box) || "digits" in box.dataset;
  const boxes = steps();
  const at = boxes.indexOf(box);
  const letter = event.key.toLowerCase();
  if (event.key === "*" && free) put(amountFor(box), amountFor(box).dataset.all);
  else if (event.key === "+" && free) go(boxes[(at + 1) % boxes.length]);
  else if (event.key === "-" && free) go(boxes[at - 1] ?? find);
  else if (letter === "p" && "all" in box.dataset) put(box, box.dataset.past);
  else if (letter === "c" && "all" in box.dataset) put(box, box.dataset.current);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function fromFind(event) {
  if (event.key === "ArrowDown") {
    const first = document.querySelector(".counter-hit");
    if (first) { event.preventDefault(); first.focus(); }
  } else if (event.key === "+" && find.value === "") {
    event.preventDefault();
    go(steps()[0]);
  }
}

// Esc takes back one step and never loses typing: first the look-up, then the box; a payment is cleared by its button.
function clear(event) {
  if (event.target === find && find.value !== "") {
    find.value = "";
    document.querySelector("#suggestions")?.replaceChildren();
  } else if (event.target !== find && find) {
    find.focus();
  } else {
    const button = document.querySelector("[data-clear]");
    if (!button) return;
    button.focus();
  }
  event.preventDefault();
}

function onHitKey(event) {
  const hits = [...document.querySelectorAll(".counter-hit")];
  const at = hits.indexOf(document.activeElement);
  if (at < 0 || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  event.preventDefault();
  if (event.key === "ArrowUp" && at === 0) find.focus();
  else hits[Math.min(at + (event.key === "ArrowDown" ? 1 : -1), hits.length - 1)].focus();
}

function startTill() {
  till.addEventListener("keydown", onKey);
  till.addEventListener("keydown", onHitKey);
  till.addEventListener("focusin", (event) => { if (event.target.matches("[data-step]")) event.target.select(); });
  document.addEventListener("office:scan", (event) => {
    event.preventDefault();
    if ("submitting" in till.dataset) return;
    find.value = event.detail.text;
    till.requestSubmit();
  });
  document.querySelector("#adding")?.addEventListener("change", () => find.focus());
  const start = till.querySelector("[data-error-summary]") ? till.querySelector("[aria-invalid]") : till.querySelector("[autofocus]");
  const summary = till.querySelector("[data-error-summary]");
  if (start) go(start);
  else if (summary) go(steps().find((box) => box.value === "") ?? steps()[0] ?? find);
  else if (document.querySelector(".counter-hit")) document.querySelector(".counter-hit").focus();
}

if (till) startTill();

const paper = document.querySelector("[data-print-now]");
if (paper) {
  // The address without the copy's number: loading this page again is a look, not another printing.
  history.replaceState(null, "", location.pathname);
  addEventListener("load", () => setTimeout(() => print()));
}
