import type { Mutant } from "./mutant.js";

const evidence = ["test/flow/evidence.test.ts"];
const limits = ["test/flow/limits.test.ts"];
const trust = ["test/flow/trust.test.ts"];
const input = ["test/flow/input.test.ts"];
const journal = ["test/flow/journal.test.ts"];

/** What a run must not do on its own authority: its executor's limits, its clock, and what it is handed. */
export const mutants: readonly Mutant[] = [
  {
    name: "S09 goes on under a clock that the cloud contradicts",
    file: "src/flow/session.ts",
    find: 'if (event.type === "clock") this.halt ??= pause(clockProblem(event.skewMs));',
    replace: "",
    tests: evidence,
    only: "S09",
  },
  {
    name: "S04 judges for ever by what grows old",
    file: "src/flow/end.ts",
    find: 'for (const member of wave.standing()) await wave.session.close(member, "blocked", neverFresh(member));',
    replace: "",
    tests: evidence,
    only: "S04",
  },
  {
    name: "S42 keeps copies no longer than the plan says",
    file: "src/flow/save.ts",
    find: "...stricterSaving(step.options, wave.session.options.guard?.snapshot),",
    replace: "...step.options,",
    tests: limits,
    only: "S42",
  },
  {
    name: "S42 holds back for no longer than the plan says",
    file: "src/flow/quarantine.ts",
    find: "return longerQuarantine({ ...step.options, forHours: step.forHours }, guard).forHours;",
    replace: "return step.forHours;",
    tests: limits,
    only: "S42",
  },
  {
    name: "S42 takes a second key of the executor for a second person",
    file: "src/flow/trust.ts",
    find: "(approval.keyId === keyId || names.get(approval.keyId)?.name === names.get(keyId)?.name);",
    replace: "approval.keyId === keyId;",
    tests: trust,
    only: "S42",
  },
  {
    name: "S43 plans for what is no target",
    file: "src/flow/scopes.ts",
    find: "for (const target of targets) checkTarget(target);",
    replace: "",
    tests: input,
  },
  {
    name: "lets go of a journal's lock and keeps its files open",
    file: "src/flow/journal-file.ts",
    find: "try { await held.release(); } finally { await files.close(); }",
    replace: "await held.release(); await files.close();",
    tests: journal,
    only: "lets go",
  },
];
