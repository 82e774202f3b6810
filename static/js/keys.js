// Keys of the page, read from the page: data-key="p", "ctrl+enter", "f4", a sequence "g h", or several with
// data-key-alternatives ("/ ctrl+k"). The key presses the button, follows the link, or goes into the field.
// data-key-label gives the words for the help, data-key-group their heading. Keys without Ctrl or Alt do nothing while
// somebody types, except function keys and those marked data-key-always; single characters can be switched off.

const SEQUENCE_PAUSE = 900;
const NEVER = new Set(["f3", "f5", "f6", "f11", "f12", "ctrl+w", "ctrl+t", "ctrl+n"]);
let begun = "";
let begunAt = 0;

export function singleKeysOn() { return document.documentElement.dataset.singleKeys !== "off"; }

function nameOf(event) {
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("ctrl");
  if (event.altKey) parts.push("alt");
  if (event.shiftKey && key.length > 1) parts.push("shift");
  return [...parts, key].join("+");
}

export function typing(target) {
  return target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName)
    || (target.tagName === "INPUT" && !["checkbox", "radio", "button", "submit", "range"].includes(target.type));
}

function combinations(element) {
  const text = element.dataset.key.trim().toLowerCase();
  return "keyAlternatives" in element.dataset ? text.split(/\s+/) : [text];
}

function usable(element) {
  const openDialog = document.querySelector("dialog:modal");
  if (openDialog && !openDialog.contains(element)) return false;
  // A key works for what is on the screen; the menus' own entries keep theirs while the menu is shut.
  return !element.disabled && (element.closest("[data-menu], .mainnav") !== null || element.checkVisibility());
}

function act(element) {
  if (element.matches("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), select, textarea")) {
    element.focus();
    element.select?.();
  } else element.click();
}

function elements() { return [...document.querySelectorAll("[data-key]")].filter((element) => element.dataset.key.trim()); }

function press(event) {
  if (event.defaultPrevented || event.isComposing || event.repeat) return;
  const name = nameOf(event);
  if (NEVER.has(name)) return;
  const character = !/^(ctrl|alt)\+/.test(name) && event.key.length === 1;
  if (character && !singleKeysOn()) return;
  const whileTyping = typing(event.target) && (character || ["enter", "tab", "backspace"].includes(name));
  const sequence = performance.now() - begunAt < SEQUENCE_PAUSE && begun ? `${begun} ${name}` : "";
  const candidates = elements().filter((element) => usable(element) && (!whileTyping || "keyAlways" in element.dataset));
  const found = (sequence && candidates.find((element) => combinations(element).includes(sequence)))
    || candidates.find((element) => combinations(element).includes(name));
  // Esc in a field leaves the field and keeps what was typed; only the next one goes back a step.
  if (found && name === "escape" && typing(event.target) && !("keyAlways" in found.dataset)) {
    event.preventDefault();
    event.target.blur();
    return;
  }
  if (found) {
    begun = "";
    event.preventDefault();
    act(found);
    return;
  }
  begun = character && !whileTyping ? name : "";
  begunAt = performance.now();
}

function fillHelp() {
  const list = document.querySelector("[data-keys-list]");
  if (!list) return;
  const groups = new Map();
  for (const element of elements()) {
    if (element.closest("dialog") && !element.closest("dialog[open]")) continue;
    const label = element.dataset.keyLabel || element.getAttribute("aria-label") || wordsOf(element);
    const group = element.dataset.keyGroup || "This page";
    if (!groups.has(group)) groups.set(group, new Map());
    groups.get(group).set(label, combinations(element));
  }
  const everywhere = groups.get("Everywhere") || new Map();
  everywhere.set("Blur names and money", ["ctrl+."]);
  everywhere.set("Move in a list, open the row", ["j", "k", "enter"]);
  groups.set("Everywhere", everywhere);
  list.replaceChildren(...[...groups].map(([group, entries]) => section(group, entries)));
}

function wordsOf(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd, .key-hint, svg").forEach((part) => part.remove());
  return copy.textContent.trim().replace(/\s+/g, " ");
}

function section(group, entries) {
  const part = document.createElement("section");
  const heading = document.createElement("h3");
  heading.textContent = group;
  const terms = document.createElement("dl");
  for (const [label, keys] of entries) {
    const term = document.createElement("dt");
    keys.flatMap((key) => key.split(" ")).forEach((key) => {
      const cap = document.createElement("kbd");
      cap.textContent = key.split("+").map((word) => (word.length > 1 ? word[0].toUpperCase() + word.slice(1) : word.toUpperCase())).join("+");
      term.append(cap, " ");
    });
    const words = document.createElement("dd");
    words.textContent = label;
    terms.append(term, words);
  }
  part.append(heading, terms);
  return part;
}

export function start() {
  document.addEventListener("keydown", press);
  document.addEventListener("office:dialog-opening", (event) => {
    if (event.detail.dialog.id === "keys-dialog") fillHelp();
  });
  for (const element of elements()) {
    const plain = combinations(element).filter((key) => /^(ctrl|alt|f\d)/.test(key));
    if (plain.length) element.setAttribute("aria-keyshortcuts", plain.join(" "));
  }
}
