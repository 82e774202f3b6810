// Drop-down menus are <details data-menu>: Esc and a click elsewhere shut them. Also the page's small buttons:
// data-dismiss puts a message away, data-back goes back, data-copy-link copies the address with its filters.

export function start() {
  document.addEventListener("click", async (event) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      const own = menu.contains(event.target) || (menu.matches(".nav-menu") && event.target.closest(".mainnav"));
      if (!own) menu.open = false;
    }
    event.target.closest("[data-dismiss]")?.closest(".notice")?.remove();
    if (event.target.closest("[data-back]")) history.back();
    const copier = event.target.closest("[data-copy-link]");
    if (copier) {
      await navigator.clipboard.writeText(location.href);
      copier.lastChild.textContent = " Copied";
      setTimeout(() => { copier.lastChild.textContent = " Copy link"; }, 2000);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details[data-menu][open]");
    if (!menu) return;
    event.preventDefault();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
