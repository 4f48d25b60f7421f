import type { MaybePromise } from "../common.js";
import { absence } from "./contract/absence.js";
import { answers } from "./contract/answers.js";
import { artifacts } from "./contract/artifacts.js";
import { billing } from "./contract/billing.js";
import { bins } from "./contract/bins.js";
import { coverage } from "./contract/coverage.js";
import { dataGate } from "./contract/data-gate.js";
import { dependencies } from "./contract/dependencies.js";
import { disksAtTheEnd } from "./contract/disks.js";
import { exclusiveGroups } from "./contract/exclusive-groups.js";
import { holdingBack } from "./contract/holding-back.js";
import { inventory } from "./contract/inventory.js";
import { lostAnswers } from "./contract/lost-answers.js";
import { ownAddressRules } from "./contract/own-address-rules.js";
import { refusals } from "./contract/refusals.js";
import { releasing } from "./contract/releasing.js";
import { reverting } from "./contract/reverting.js";
import { scale } from "./contract/scale.js";
import { openSuite } from "./contract/scene.js";
import { secrecy } from "./contract/secrecy.js";
import { snapshots } from "./contract/snapshots.js";
import { stopping } from "./contract/stopping.js";
import { termination } from "./contract/termination.js";
import { throttling } from "./contract/throttling.js";
import { verification } from "./contract/verification.js";
import { writeAhead } from "./contract/write-ahead.js";
import type { TestRunner, World } from "./world.js";

const themes = [
  inventory,
  answers,
  absence,
  dependencies,
  coverage,
  snapshots,
  dataGate,
  ownAddressRules,
  exclusiveGroups,
  termination,
  refusals,
  disksAtTheEnd,
  billing,
  bins,
  verification,
  releasing,
  holdingBack,
  reverting,
  artifacts,
  writeAhead,
  lostAnswers,
  throttling,
  stopping,
  scale,
  secrecy,
];

/**
 * Registers the rules every adapter keeps. Looks into the world, never at the adapter's word; where a capability
 * says no, expects `unsupported`. The runner's own `describe` and `it` fit: those of vitest and of `node:test`.
 */
export function describeAdapterContract(runner: TestRunner, name: string, openWorld: () => MaybePromise<World>): void {
  runner.describe(`${name} keeps the adapter contract`, () => {
    const suite = openSuite(runner, openWorld);
    for (const theme of themes) theme(suite);
  });
}
