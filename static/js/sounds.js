// Two soft sounds for the counter, off by default on each computer: one tick for done, two for "look up". Any answer may
// ask for one with the header HX-Trigger: {"office:tick": "ok"} (or "look").

const KEPT = "office-sounds";
let audio = null;

function tick(at) {
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.value = 880;
  volume.gain.setValueAtTime(0.06, audio.currentTime + at);
  volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + at + 0.07);
  tone.connect(volume).connect(audio.destination);
  tone.start(audio.currentTime + at);
  tone.stop(audio.currentTime + at + 0.08);
}

export function sound(kind) {
  if (localStorage.getItem(KEPT) !== "on") return;
  audio ??= new AudioContext();
  tick(0);
  if (kind === "look") tick(0.14);
}

export function start() {
  const box = document.querySelector("[data-toggle-sounds]");
  if (box) box.checked = localStorage.getItem(KEPT) === "on";
  document.addEventListener("change", (event) => {
    if (!("toggleSounds" in event.target.dataset)) return;
    localStorage.setItem(KEPT, event.target.checked ? "on" : "off");
    sound("ok");
  });
  document.addEventListener("office:tick", (event) => sound(event.detail?.value ?? "ok"));
}
