// A bar-code scanner types like a very fast person and ends with Enter. Such a burst, wherever the focus is, becomes the
// event "office:scan" with detail.text on the document; a page that takes it prevents the default, else the code is
// looked up in the search. What the burst typed into a field on its way is taken out again.

const FASTEST_HAND = 30;
// Our codes are capitals, digits and dashes. A hurried amount ("1,234.50") or a typed name is never one.
const CODE = /^(?=.*[0-9])[A-Z0-9][A-Z0-9\/-]{7,}$/;
const OF_A_CODE = /[A-Z0-9\/-]/;

export function start() {
  let text = "";
  let last = 0;
  let field = null;
  let before = "";

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const quick = event.timeStamp - last < FASTEST_HAND;
    last = event.timeStamp;
    if (event.key === "Enter") {
      const scanned = quick && CODE.test(text);
      const code = text;
      text = "";
      if (!scanned) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (field && "value" in field) { field.value = before; field.dispatchEvent(new Event("input", { bubbles: true })); }
      announce(code);
      return;
    }
    // A key that writes nothing (F4, Tab) ends what went before; only Shift belongs to a scan.
    if (event.key.length !== 1) { if (event.key !== "Shift") { text = ""; last = 0; } return; }
    if (!OF_A_CODE.test(event.key)) { text = ""; return; }
    if (!quick) { text = ""; field = event.target; before = field.value ?? ""; }
    text += event.key;
    // From the third quick key on it is a scanner: its letters must not press the page's single-letter keys.
    if (quick && text.length > 2) event.stopImmediatePropagation();
  }, true);
}

function announce(code) {
  const scan = new CustomEvent("office:scan", { bubbles: true, cancelable: true, detail: { text: code } });
  if (!document.dispatchEvent(scan)) return;
  const search = document.querySelector("[data-palette] form");
  if (search) location.assign(`${search.action}?q=${encodeURIComponent(code)}&scan=1`);
}
