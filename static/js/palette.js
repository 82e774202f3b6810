// The search box over the page: arrows choose among what was found, Enter opens it (Ctrl+Enter in a new tab), Esc shuts
// it and keeps the words. Enter with nothing chosen asks the server, which opens an exact hit at once.

export function start() {
  const palette = document.querySelector("[data-palette]");
  if (!palette) return;
  const box = palette.querySelector("input");
  const results = palette.querySelector("[role=listbox]");
  let cameFrom = null;

  const options = () => [...results.querySelectorAll("[role=option]")];
  const chosen = () => results.querySelector("[aria-selected=true]");

  function show(visible) {
    results.hidden = !visible;
    box.setAttribute("aria-expanded", String(visible));
    if (!visible) { box.removeAttribute("aria-activedescendant"); choose(null); }
  }

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) { box.removeAttribute("aria-activedescendant"); return; }
    option.setAttribute("aria-selected", "true");
    if (option.id) box.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  box.addEventListener("focus", (event) => {
    if (event.relatedTarget && !palette.contains(event.relatedTarget)) cameFrom = event.relatedTarget;
    if (results.childElementCount) show(true);
  });
  box.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.indexOf(chosen());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      show(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose(all[(at + step + all.length + (at < 0 && step < 0 ? 1 : 0)) % (all.length || 1)]);
    } else if (event.key === "Enter" && chosen()) {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) window.open(chosen().href, "_blank", "noopener");
      else location.assign(chosen().href);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (!results.hidden) show(false);
      else { box.blur(); cameFrom?.focus?.(); }
    }
  });
  results.addEventListener("htmx:afterSwap", () => { if (palette.contains(document.activeElement)) show(true); });
  palette.addEventListener("focusout", (event) => { if (!palette.contains(event.relatedTarget)) show(false); });
  // Pressing the mouse must not take the focus from the box before the click arrives at the row.
  results.addEventListener("mousedown", (event) => event.preventDefault());
}
