import type { Mutant } from "./mutant.js";

const tests = ["test/flow/tamper.test.ts"];

/** Ways to let something through that is not what somebody sealed, signed or wrote. */
export const mutants: readonly Mutant[] = [
  {
    name: "takes an instance's plan for what its digest says without looking",
    file: "src/flow/digest.ts",
    find: "instances.every(({ digest: own, ...fields }) => digestOf(fields) === own) &&",
    replace: "",
    tests,
    only: "of a plan",
  },
  {
    name: "S42 takes a signature for the one it was, though somebody wrote into it",
    file: "src/flow/signing.ts",
    find: 'if (bytes.length !== 64 || bytes.toString("base64") !== signature) return false;',
    replace: "if (bytes.length !== 64) return false;",
    tests,
    only: "of an approval",
  },
  {
    name: "S42 does not ask for the signature to cover how long an approval holds",
    file: "src/flow/trust.ts",
    find: 'return isSigned("approval", fields, signature, approver.publicKey) ? undefined : "is not signed by that key";',
    replace: "return undefined;",
    tests,
    only: "of an approval",
  },
  {
    name: "S60 takes a head that somebody wrote into for the one it was",
    file: "src/flow/journal-head.ts",
    find: "&& `${JSON.stringify(again)}\\n` === text) return head;",
    replace: "&& again) return head;",
    tests,
    only: "its head",
  },
  {
    name: "S60 does not look whether a line is what its hash says",
    file: "src/flow/journal-codec.ts",
    find: 'if (head === undefined || sha256(`${head}}`) !== hash) throw corrupt(end, "is damaged");',
    replace: "",
    tests,
    only: "its lines",
  },
  {
    name: "S60 does not look whether a line follows the one before it",
    file: "src/flow/journal-codec.ts",
    find: "if (record.seq !== end.seq + 1 || record.previous !== end.hash)",
    replace: "if (record.seq !== end.seq + 1)",
    tests,
    only: "sealed again",
  },
];
