// The log-in page alone: one press, one try.
import { start } from "./submit_guard.js";

start();
