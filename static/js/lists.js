// Lists and timelines marked data-rows: j and k (or the arrows, once inside) move, Enter opens, a click anywhere on a row
// with data-href opens it. The link in the row stays the real thing, for the keyboard, the tab and the middle button.
import { singleKeysOn, typing } from "./keys.js";

const rowsOf = () => [...document.querySelectorAll("[data-rows] [data-href]")].filter((row) => row.checkVisibility());

function move(step) {
  const rows = rowsOf();
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("is-here"));
  const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  rows[at]?.classList.remove("is-here");
  next.classList.add("is-here");
  next.scrollIntoView({ block: "nearest" });
  (next.querySelector("a[href]") ?? next).focus?.({ preventScroll: true });
}

export function start() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    if (document.querySelector("dialog:modal")) return;
    const inside = event.target.closest?.("[data-rows]");
    const down = (event.key === "j" && singleKeysOn()) || (event.key === "ArrowDown" && inside);
    const up = (event.key === "k" && singleKeysOn()) || (event.key === "ArrowUp" && inside);
    if (!down && !up) return;
    event.preventDefault();
    move(down ? 1 : -1);
  });
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-rows] [data-href]");
    if (!row || event.target.closest("a, button, input, label, select, summary") || String(getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
    else location.assign(row.dataset.href);
  });
}
