// Around htmx: the thin bar after a tenth of a second, the focus after a swap, and words when an answer fails.

const BAR_AFTER = 100;
let running = 0;
let timer = 0;

function waiting(change) {
  running = Math.max(0, running + change);
  clearTimeout(timer);
  if (running) timer = setTimeout(() => document.documentElement.classList.add("is-loading"), BAR_AFTER);
  else document.documentElement.classList.remove("is-loading");
}

// A session that ended answers with the log-in page; swapped into a panel it would be nonsense, and going there would
// lose what stands half typed on this one.
function loggedOut(event) {
  const answered = event.detail.xhr.responseURL;
  if (!answered || !new URL(answered).pathname.startsWith("/login/")) return false;
  event.detail.shouldSwap = false;
  const link = document.createElement("a");
  link.href = `/login/?next=${encodeURIComponent(location.pathname)}`;
  link.target = "_blank";
  link.textContent = "Log in again in a new tab";
  say("You were logged out. What you typed is still here. ", link, ", then go on.");
  return true;
}

function say(...words) {
  const place = document.getElementById("alerts");
  if (!place) return;
  const notice = document.createElement("div");
  notice.className = "notice notice-error";
  const text = document.createElement("div");
  text.className = "notice-words";
  text.append(...words);
  notice.append(text);
  place.replaceChildren(notice);
  notice.scrollIntoView({ block: "nearest" });
}

function refusalIn(html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  return (answer.querySelector("[data-refusal]") ?? answer.querySelector(".error-what"))?.textContent.trim();
}

const polled = (event) => /every/.test((event.detail.requestConfig?.elt ?? event.detail.elt)?.getAttribute?.("hx-trigger") ?? "");

export function start() {
  document.addEventListener("htmx:beforeRequest", (event) => { if (!polled(event)) waiting(1); });
  document.addEventListener("htmx:afterRequest", (event) => { if (!polled(event)) waiting(-1); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!loggedOut(event) && !polled(event)) document.getElementById("alerts")?.replaceChildren();
  });

  // An answer names where the focus goes: data-focus on an element; a summary of errors comes first.
  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.elt;
    const wanted = part.querySelector?.("[data-error-summary]") ?? part.querySelector?.("[data-focus]")
      ?? (part.matches?.("[data-focus]") ? part : null);
    wanted?.focus();
    if (document.activeElement === wanted) wanted?.select?.();
    const title = part.querySelector?.("[data-page-title]")?.dataset.pageTitle;
    if (title) document.title = title;
  });
  document.querySelector("[data-error-summary]")?.focus();

  document.addEventListener("htmx:responseError", (event) => {
    const { status, responseText } = event.detail.xhr;
    const otherwise = status === 403 ? "Not allowed, or you were logged out. Open the page again." : "The office's computer could not answer. Nothing on this screen was changed; try once more.";
    say(refusalIn(responseText) || otherwise);
  });
  document.addEventListener("htmx:sendError", () => say("No connection to the office's computer. What you typed is still here; try again when the line is back."));
  document.addEventListener("htmx:timeout", () => say("The answer takes too long. What you typed is still here; look whether it was done before you try again."));
}
