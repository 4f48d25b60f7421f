import type { Mutant } from "./mutant.js";

const data = ["test/flow/data.test.ts"];
const receipt = ["test/flow/receipt.test.ts"];
const pure = ["test/flow/pure.test.ts"];

/** One for each part of a rule that no other mutant breaks. */
export const mutants: readonly Mutant[] = [
  {
    name: "S16 stops a server although its host's disks go with that",
    file: "src/flow/blockers.ts",
    find: "return disks.filter((disk) => disk.ephemeral && !given.has(disk.id)).map((disk) => disk.id);",
    replace: "return disks.filter((disk) => given.has(disk.id)).map((disk) => disk.id);",
    tests: data,
  },
  {
    name: "S24 closes a deny rule while its server still stands",
    file: "src/testing/memory/adapter/rule-choice.ts",
    find: 'if (rule.action === "deny" && !target.gone)',
    replace: 'if (rule.action === "deny" && target.gone)',
    tests: ["test/testing/memory-contract-plain.test.ts"],
    only: "S24",
  },
  {
    name: "S43 prints what a terminal would obey",
    file: "src/flow/escape.ts",
    find: "const hidden = /[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}\\p{Co}]/gu;",
    replace: "const hidden = /[\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}\\p{Co}]/gu;",
    tests: pure,
  },
  {
    name: "S43 puts what a cloud calls things into a page as markup",
    file: "src/flow/receipt/html-text.ts",
    find: 'entities[character] ?? ""',
    replace: "character",
    tests: receipt,
  },
  {
    name: "S43 puts what a cloud calls things into a spreadsheet as a formula",
    file: "src/flow/receipt/csv.ts",
    find: "const safe = /^[=+\\-@\\t\\r]/.test(shown) ? `'${shown}` : shown;",
    replace: "const safe = shown;",
    tests: receipt,
  },
  {
    name: "S51 ends what was paid in advance although no way out was chosen",
    file: "src/preconditions.ts",
    find: 'if (record.billing.unified === "prepaid" && (settings.prepaid ?? "refuse") === "refuse") {',
    replace: "if (false) {",
    tests: ["test/testing/memory-contract-subscribed.test.ts"],
    only: "prepaid",
  },
  {
    name: "S61 leaves tag values in a receipt that is to hide them",
    file: "src/flow/receipt/redact.ts",
    find: 'if (tags && (parent === "tags" || (parents.includes("undo") && parent === "set"))) return mask;',
    replace: "",
    tests: receipt,
  },
  {
    name: "S61 leaves descriptions in the cloud's own form of a rule",
    file: "src/flow/receipt/redact.ts",
    find: "const descriptionField = /descri|remark|comment/i;",
    replace: "const descriptionField = /^descri|remark|comment/;",
    tests: receipt,
  },
];
