import type { Mutant } from "./mutant.js";

const tests = ["test/import-sdk.test.ts"];

export const mutants: readonly Mutant[] = [
  {
    name: "takes any package in the message for the missing one",
    file: "src/import-sdk.ts",
    find: "const missing = missingPackage(cause);",
    replace: "const missing = String(cause).includes(packageName) ? packageName : missingPackage(cause);",
    tests,
  },
  {
    name: "calls a broken package missing",
    file: "src/import-sdk.ts",
    find: "const missing = missingPackage(cause);",
    replace: "const missing = missingPackage(cause) ?? packageName;",
    tests,
  },
  {
    name: "prints the subpath in the install line",
    file: "src/import-sdk.ts",
    find: String.raw`return name?.match(/^(?:@[^/]+\/)?[^./\\:][^/\\:]*(?=\/|$)/)?.[0];`,
    replace: 'return name?.startsWith("/") ? undefined : name;',
    tests,
  },
];
