import type { Mutant } from "./mutant.js";

const tests = ["test/structure.test.ts"];

export const mutants: readonly Mutant[] = [
  {
    name: "the core imports a provider",
    file: "src/claim.ts",
    find: 'import type { InstanceRecord } from "./instances.js";',
    replace:
      'import type { InstanceRecord } from "./instances.js"; import type {} from "../providers/aws/capabilities.js";',
    tests,
    only: "point one way",
  },
  {
    name: "an adapter loads an SDK on import",
    file: "providers/aws/services.ts",
    find: "/** How one AWS service is reached",
    replace: 'import "@aws-sdk/client-ec2"; /** How one AWS service is reached',
    tests,
    only: "of an SDK wait for importSdk",
  },
  {
    name: "a second place retries",
    file: "src/claim.ts",
    find: 'from "./instances.js";',
    replace: 'from "./instances.js"; import "p-retry";',
    tests,
    only: "of p-retry are in src/retry.ts alone",
  },
  {
    name: "nobody waits for a promise",
    file: "src/claim.ts",
    find: 'from "./instances.js";',
    replace: 'from "./instances.js"; Promise.reject(new Error("lost"));',
    tests,
    only: "lets no promise float",
  },
  {
    name: "a peer is not optional",
    file: "package.json",
    find: '"peerDependenciesMeta": { "@alicloud/credentials": { "optional": true }',
    replace: '"peerDependenciesMeta": { "@alicloud/credentials": { "optional": false }',
    tests,
    only: "makes every peer optional",
  },
  {
    name: "a problem code has no chapter in the documents",
    file: "docs/errors.md",
    find: "## frozen",
    replace: "## iced",
    tests: ["test/docs.test.ts"],
  },
];
