import { describe, expect, it } from "vitest";
import { singleAddress } from "../../src/rules/addresses.js";
import { keepDenials } from "../../src/rules/decide.js";
import type { Decision } from "../../src/rules/decision.js";
import { decideByAddress, type Holder, type OwnAddressCloud } from "../../src/rules/own-address.js";
import type { RuleTarget } from "../../src/rules/target.js";
import type { SecurityRule } from "../../src/security-rules.js";
import { record } from "./tools.js";

describe("the one address of a range", () => {
  it.each([
    ["10.0.0.5/32", "10.0.0.5"],
    ["10.0.0.5", "10.0.0.5"],
    ["2001:db8::1/128", "2001:db8::1"],
    ["10.0.0.0/24", undefined],
    ["2001:db8::/32", undefined],
    ["0.0.0.0/0", undefined],
    ["", undefined],
  ])("of %j is %s", (cidr, address) => {
    expect(singleAddress(cidr)).toBe(address);
  });
});

describe("a rule that names an address of a target", () => {
  const group = { id: "sg-1", name: "db", isDefault: false };
  const rule: SecurityRule = {
    id: "sgr-1",
    groupId: "sg-1",
    direction: "ingress",
    action: "allow",
    family: "ipv4",
    protocol: { unified: "tcp", raw: "tcp" },
    ports: { kind: "all" },
    peer: { kind: "cidr", cidr: "10.0.0.5/32", family: "ipv4" },
    native: {},
  };
  const cards = [
    { id: "eni-1", primary: true, deletedWithInstance: true, privateIps: ["10.0.0.5"], securityGroupIds: [] },
  ];
  const gone: RuleTarget = { id: "i-1", seen: [record({ vpcId: "vpc-1", networkInterfaces: cards })] };

  function decide(holder: Omit<Holder, "ip">, over: Partial<OwnAddressCloud> = {}) {
    return decideByAddress([gone], [rule], {
      accountId: "1",
      groups: new Map([["sg-1", group]]),
      readHolders: async () => [{ ip: "10.0.0.5", ...holder }],
      strangeNetworks: async () => () => undefined,
      ...over,
    });
  }

  it("S25 stays where somebody else holds it, or somebody of whom no network is told", async () => {
    for (const vpcId of [{ vpcId: "vpc-1" }, {}]) {
      expect(await decide({ id: "eni-2", ...vpcId })).toMatchObject([
        { kind: "keep", why: "eni-2 holds 10.0.0.5 now" },
      ]);
    }
  });

  it("goes where the holder is in another network, or is the target itself", async () => {
    expect(await decide({ id: "eni-2", vpcId: "vpc-2" })).toMatchObject([{ kind: "remove" }]);
    expect(await decide({ id: "eni-1", vpcId: "vpc-1", instanceId: "i-1" })).toMatchObject([{ kind: "remove" }]);
  });

  it("S22 stays in a group of another account or service, or one that is gone", async () => {
    const holder = { id: "eni-2", vpcId: "vpc-2" };
    for (const groups of [
      new Map(),
      new Map([["sg-1", { ...group, ownerId: "2" }]]),
      new Map([["sg-1", { ...group, managedBy: "a stack" }]]),
    ]) {
      expect(await decide(holder, { groups })).toMatchObject([{ kind: "keep" }]);
    }
  });

  it("S24 that denies stays while one of its instances stands", async () => {
    const [removal] = await decide({ id: "eni-2", vpcId: "vpc-2" });
    if (!removal) throw new Error("nothing was decided");
    const denial: Decision = { ...removal, rule: { ...rule, action: "deny" } };
    expect(keepDenials([denial], [{ ...gone, now: record() }])).toMatchObject([{ kind: "keep" }]);
    expect(keepDenials([denial], [gone])).toEqual([denial]);
    expect(keepDenials([removal], [{ ...gone, now: record() }])).toEqual([removal]);
  });
});
