// Starts the small behaviours of every page. Each module exports start(), listens on the document, and so survives swaps.
import { start as startDialogs } from "./dialogs.js";
import { start as startDrafts } from "./drafts.js";
import { start as startKeys } from "./keys.js";
import { start as startLists } from "./lists.js";
import { start as startMenus } from "./menus.js";
import { start as startPalette } from "./palette.js";
import { start as startPreferences } from "./preferences.js";
import { start as startScanner } from "./scanner.js";
import { start as startSounds } from "./sounds.js";
import { start as startSubmitGuard } from "./submit_guard.js";
import { start as startSwaps } from "./swaps.js";

for (const start of [
  startSubmitGuard, startDrafts, startScanner, startKeys, startDialogs, startMenus, startPalette, startLists,
  startPreferences, startSounds, startSwaps,
]) start();
