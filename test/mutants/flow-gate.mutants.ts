import type { Mutant } from "./mutant.js";

const pure = ["test/flow/pure.test.ts"];
const evidence = ["test/flow/evidence.test.ts"];
const data = ["test/flow/data.test.ts"];
const standing = ["test/flow/standing-clouds.test.ts"];

/** What the final gate looks at, overlooked one by one; and what an undo must give back. */
export const mutants: readonly Mutant[] = [
  {
    name: "S07 does not notice that another server has the id by now",
    file: "src/flow/drift.ts",
    find: "Date.parse(planned.createdAt) === Date.parse(now.createdAt);",
    replace: "true;",
    tests: pure,
  },
  {
    name: "S07 overlooks a new disk",
    file: "src/flow/drift.ts",
    find: "...now.disks.filter((disk) => !before.has(disk.id)).map((disk) => `new disk ${disk.id}`),",
    replace: "",
    tests: evidence,
  },
  {
    name: "S07 overlooks that a disk would now go with its server, or stay",
    file: "src/flow/drift.ts",
    find: "...(was.deletedWithInstance === is.deletedWithInstance",
    replace: "...(true",
    tests: pure,
  },
  {
    name: "S07 overlooks a new address",
    file: "src/flow/drift.ts",
    find: "...[...after].filter((address) => !before.has(address)).map((address) => `new public address ${address}`),",
    replace: "",
    tests: pure,
  },
  {
    name: "S07 overlooks protection that was switched on meanwhile",
    file: "src/flow/drift.ts",
    find: "...(now.protection.termination === true && planned.protection.termination !== true",
    replace: "...(now.protection.termination === true && planned.protection.termination === true",
    tests: pure,
  },
  {
    name: "S07 overlooks a new owner or load balancer",
    file: "src/flow/gate.ts",
    find: "...edgeDrift(expected, edges),",
    replace: "",
    tests: evidence,
  },
  {
    name: "S11 ends a server that somebody started after this run had stopped it",
    file: "src/flow/drift.ts",
    find: 'if (is === "running" && own.some(isStop)) return ["somebody started it: this run had stopped it"];',
    replace: "",
    tests: ["test/flow/drift-clouds.test.ts"],
    only: "memory",
  },
  {
    name: "S11 takes a copy that was made while it ran for one of a stopped server",
    file: "src/flow/gate.ts",
    find: 'if (snapshot.from === "stopped" && proof.takenFrom !== "stopped") return `${proof.id} was taken while it ran`;',
    replace: "",
    tests: data,
  },
  {
    name: "S07 passes a gate at which the copies did not come out whole",
    file: "src/flow/save.ts",
    find: 'await closeRefused(wave, outcomes.map(judged), ["completed", "nothing-to-snapshot"]);',
    replace: 'await closeRefused(wave, outcomes.map(judged), ["completed", "nothing-to-snapshot", "failed"]);',
    tests: [...data, "test/flow/run.test.ts"],
  },
  {
    name: "S07 goes on although a source it needs was denied since the plan",
    file: "src/flow/gate.ts",
    find: "coverageBlockers(now, reading.report.coverage, session.consents()).find((blocker) => !blocker.waived)?.problem ??",
    replace: "",
    tests: standing,
    only: "on memory",
  },
  {
    name: "S31 does not put a server back that was stopped, when its run is undone",
    file: "src/flow/plan-undo.ts",
    find: 'effect.undo.action !== "recover" && !stranded.includes(effect),',
    replace: 'effect.undo.action !== "recover" && effect.undo.action !== "set-power" && !stranded.includes(effect),',
    tests: ["test/flow/undo.test.ts"],
  },
  {
    name: "S30 lists nothing of what an undo cannot bring back",
    file: "src/flow/plan-undo.ts",
    find: "lost: [...effects.flatMap(lostBy), ...stranded.map(withoutHolder), ...outcomes.flatMap(notRecoverable)],",
    replace: "lost: [],",
    tests: ["test/flow/undo.test.ts"],
  },
  {
    name: "S31 forgets what a killed process did before it could say so",
    file: "src/flow/ledger.ts",
    find: "for (const instance of this.instances) carryOver(instance, this.intents);",
    replace: "",
    tests: ["test/flow/undo-clouds.test.ts"],
    only: "on memory S31",
  },
  {
    name: "S60 calls a request settled that nobody has looked after",
    file: "src/flow/receipt/create-receipt.ts",
    find: 'return !instance || instance.closed?.status === "unknown" || instance.unansweredKeys.has(intent.key);',
    replace: "return !instance;",
    tests: ["test/flow/receipt.test.ts"],
  },
  {
    name: "takes a lagging list's word over the cloud's refusal, after a kill",
    file: "providers/aws/rules/revoke.ts",
    find: 'return batch.some(({ rule }) => !left.has(rule.id ?? ""));',
    replace: "return true;",
    tests: ["test/providers/aws/security-rules.test.ts"],
  },
];
