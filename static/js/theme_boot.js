// Runs before the page is painted, so that nobody is flashed with white: a computer without a choice of its own follows
// what its system asks for. A chosen theme is already in the page, put there by the server from its cookie.
(function () {
  const page = document.documentElement;
  if (page.dataset.theme) return;
  if (matchMedia("(prefers-contrast: more)").matches) page.dataset.theme = "contrast";
  else if (matchMedia("(prefers-color-scheme: dark)").matches) page.dataset.bsTheme = "dark";
})();
