/** Writes `docs/safety.md`: each safety rule with the tests that show it and the mutants that break it. `npm run safety`. */
import { writeFileSync } from "node:fs";
import { readEvidence } from "./safety/evidence.js";
import { safetyPage } from "./safety/page.js";

writeFileSync("docs/safety.md", safetyPage(await readEvidence()));
