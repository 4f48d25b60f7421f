import type { Mutant } from "./mutant.js";

const subscriptions = ["test/providers/huawei/subscriptions.test.ts"];
const bin = ["test/providers/huawei/bin.test.ts"];

/** What Huawei Cloud could lose: disks that go with something else, servers in a bin, copies in a vault. */
export const mutants: readonly Mutant[] = [
  {
    name: "S13 forgets the disks that billing counts to a yearly/monthly server",
    file: "providers/huawei/disk-records.ts",
    find: 'if (role === "system" || isAttached(id, facts)) return true;',
    replace: 'if (role === "system") return true;',
    tests: subscriptions,
    only: "S13 takes the disks along",
  },
  {
    name: "S13 takes a disk off that goes with the subscription all the same",
    file: "providers/huawei/termination/wishes.ts",
    find: "if (isAttached(id, facts)) return true;",
    replace: "",
    tests: subscriptions,
    only: "S13 takes the disks along",
  },
  {
    name: "S13 returns a server without a last look at what billing takes along",
    file: "providers/huawei/termination/unsubscribe.ts",
    find: "return notReturnable(id, resource, call.requests.clock.now()) ?? strangePart(record, resource);",
    replace: "return notReturnable(id, resource, call.requests.clock.now());",
    tests: subscriptions,
    only: "S13 keeps a server",
  },
  {
    name: "S05 returns what has come close to its end",
    file: "providers/huawei/termination/unsubscribe.ts",
    find: 'if (Date.parse(expiresAt ?? "") - now > expiryMarginMs) return undefined;',
    replace: "if (now > 0) return undefined;",
    tests: subscriptions,
    only: "S05 returns nothing whose end",
  },
  {
    name: "S05 believes details that call a server in the bin stopped",
    file: "providers/huawei/instances.ts",
    find: "const doubtfulIds = [...listed].flatMap(([id, wire]) => (mayBeBinned(wire) ? [id] : []));",
    replace: 'const doubtfulIds = [...listed].flatMap(([id]) => (id === "" ? [id] : []));',
    tests: bin,
    only: "S05 is deleted no second time",
  },
  {
    name: "S05 deletes a stopped server that may be in a bin nobody may look into",
    file: "providers/huawei/termination/path.ts",
    find: "if (facts.perhapsBinned && bin.bin?.enabled !== false) {",
    replace: "if (facts.perhapsBinned && bin.bin === undefined) {",
    tests: bin,
    only: "S05 keeps a stopped server",
  },
  {
    name: "counts among the living what waits in the bin of Huawei Cloud",
    file: "providers/huawei/instances.ts",
    find: 'const byId = new Map([...listed, ...(bin.found ?? [])].map((wire) => [wire.need("id"), wire]));',
    replace: 'const byId = new Map([...(bin.found ?? []), ...listed].map((wire) => [wire.need("id"), wire]));',
    tests: bin,
    only: "counted among the living",
  },
];
