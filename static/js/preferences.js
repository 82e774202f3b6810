// How this computer shows things: theme, blurred names and money (Ctrl+.), single-letter keys. Kept in cookies, because
// the server draws the page right the first time.

const YEAR = 60 * 60 * 24 * 365;

function remember(name, value) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=${value === "" ? 0 : YEAR}; samesite=lax${secure}`;
}

function theme(choice) {
  remember("office_theme", choice);
  const dark = choice === "dark" || (!choice && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = choice;
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
}

function incognito(on) {
  remember("office_incognito", on ? "1" : "");
  document.documentElement.toggleAttribute("data-incognito", on);
  const box = document.querySelector("[data-toggle-incognito]");
  if (box) box.checked = on;
}

export function start() {
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (field.name === "office-theme") theme(field.value);
    if ("toggleIncognito" in field.dataset) incognito(field.checked);
    if ("toggleSingleKeys" in field.dataset) {
      remember("office_single_keys", field.checked ? "" : "0");
      document.documentElement.dataset.singleKeys = field.checked ? "on" : "off";
    }
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== ".") return;
    event.preventDefault();
    incognito(!document.documentElement.hasAttribute("data-incognito"));
  });
}
