import type { Mutant } from "./mutant.js";

const safety = ["test/providers/huawei/safety.test.ts"];

/** What Huawei Cloud alone could get wrong about a repeat, a bin, a clock, an address or a subscription. */
export const mutants: readonly Mutant[] = [
  {
    name: "S06 calls it safe to return a Huawei Cloud subscription twice",
    file: "providers/huawei/capabilities.ts",
    find: 'unsubscribe: "refunds-twice",',
    replace: 'unsubscribe: "safe",',
    tests: safety,
  },
  {
    name: "S06 calls it safe to delete twice what the first time goes into a bin",
    file: "providers/huawei/capabilities.ts",
    find: '"on-demand": "destroys",',
    replace: '"on-demand": "safe",',
    tests: safety,
  },
  {
    name: "S05 purges a server that left the bin right before",
    file: "providers/huawei/termination/purge.ts",
    find: 'return state === "recycled" ? undefined : notInBin(id, state);',
    replace: 'return state === "" ? notInBin(id, state) : undefined;',
    tests: safety,
  },
  {
    name: "S25 calls it taken off ELB what nothing shows the address of",
    file: "providers/huawei/release/targets.ts",
    find: "if (!record && all.some",
    replace: "if (!record && !all.some",
    tests: ["test/providers/huawei/registrations.test.ts"],
  },
  {
    name: "S26 gives an EIP up that another server of Huawei Cloud has by now",
    file: "providers/huawei/release/address.ts",
    find: "const user = now.serverId ?? now.portId ?? now.boundTo;",
    replace: "const user = [now.boundTo, undefined].at(1);",
    tests: safety,
  },
  {
    name: "S26 does not ask what names an EIP",
    file: "providers/huawei/release/address.ts",
    find: "keptBecause: ({ call }, item, was) => namedBy(call, item, was),",
    replace:
      "keptBecause: async ({ call }, item, was) => call.scope.region === was.id ? namedBy(call, item, was) : undefined,",
    tests: safety,
  },
  {
    name: "S51 takes any way out that was chosen for leave to return a subscription",
    file: "providers/huawei/termination/path.ts",
    find: 'if (prepaid !== "unsubscribe") {',
    replace: "if (prepaid.length === 0) {",
    tests: safety,
  },
  {
    name: "S15 takes somebody else's backup for one of ours that is gone",
    file: "providers/huawei/artifacts.ts",
    find: "present.has(id) ? [[id, own.get(id)] as const] : []",
    replace: "own.has(id) && present.has(id) ? [[id, own.get(id)] as const] : []",
    tests: safety,
    only: "S15",
  },
  {
    name: "S17 records the stop of a Huawei Cloud server as a change of what its shutdown means",
    file: "providers/huawei/quarantine/stop.ts",
    find: 'kind: "power-changed",',
    replace: 'kind: "flag-changed",',
    tests: safety,
    only: "S17",
  },
];
