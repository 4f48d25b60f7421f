import { describe, expect, it } from "vitest";
import { completePolicy } from "../../src/flow/complete-policy.js";
import { differences } from "../../src/flow/drift.js";
import { printable } from "../../src/flow/escape.js";
import { cutWaves } from "../../src/flow/waves.js";
import type { InstanceRecord } from "../../src/instances.js";
import { aRecord } from "./scripted-adapter.js";

describe("waves", () => {
  const items = (count: number) => Array.from({ length: count }, (_, index) => index);

  it("take one, then twenty, then a hundred at a time", () => {
    expect(cutWaves(items(250), [1, 20, "rest"]).map(({ length }) => length)).toEqual([1, 20, 100, 100, 29]);
  });

  it("repeat the last size", () => {
    expect(cutWaves(items(5), [2]).map(({ length }) => length)).toEqual([2, 2, 1]);
  });

  it("hold each item once, in order", () => {
    for (const count of [0, 1, 2, 21, 22, 500])
      expect(cutWaves(items(count), [1, 20, "rest"]).flat()).toEqual(items(count));
  });
});

describe("a policy", () => {
  it("has every default written out", () => {
    expect(completePolicy({})).toMatchObject({
      snapshot: { from: "running", maxAgeHours: 4, retentionDays: 30, expiry: "sweep" },
      terminate: { protection: "respect", prepaid: "refuse", shutdown: "graceful", recycleBin: "if-available" },
      release: { before: ["load-balancer-target"], after: [] },
      waves: [1, 20, "rest"],
      planTtlHours: 24,
      runHours: 24,
      maxEvidenceAgeMinutes: 10,
    });
  });

  it("gives a run the hours of its quarantine on top", () => {
    expect(completePolicy({ quarantine: { mode: "stop", forHours: 48 } }).runHours).toBe(72);
  });

  it.each([
    [{ waves: [101] }],
    [{ waves: [] }],
    [{ waves: [0, "rest" as const] }],
    [{ snapshot: { skip: " " } }],
    [{ maxPercent: -1 }],
    [{ planTtlHours: Number.NaN }],
    [
      {
        waivers: [
          {
            kind: "disk" as const,
            cause: "partial" as const,
            instanceIds: "all" as const,
            reason: "no",
            expiresAt: "2030-01-01T00:00:00Z",
          },
        ],
      },
    ],
  ])("is refused when it makes no sense: %j", (policy) => {
    expect(() => completePolicy(policy)).toThrow(expect.objectContaining({ code: "invalid-request" }));
  });
});

describe("drift", () => {
  const planned = aRecord("a");
  const cases: readonly (readonly [string, Partial<InstanceRecord>, string])[] = [
    ["another server under the id", { createdAt: "2026-01-01T00:00:00Z" }, "created at"],
    ["termination protection", { protection: { termination: true, locks: [] } }, "termination protection"],
    ["a lock", { protection: { termination: false, locks: [{ unified: "user", raw: "held" }] } }, "new lock held"],
    ["another billing mode", { billing: { unified: "prepaid", raw: "prepaid" } }, "billing is prepaid"],
    ["a timer", { scheduledReleaseAt: "2027-01-01T00:00:00Z" }, "scheduled release"],
    ["a disk gone", { disks: [] }, "no longer attached"],
    ["a larger disk", { disks: planned.disks.map((disk) => ({ ...disk, sizeGiB: 80 })) }, "has 80 GiB"],
    [
      "another flag",
      { disks: planned.disks.map((disk) => ({ ...disk, deletedWithInstance: false })) },
      "deleted with the instance",
    ],
    [
      "an address",
      { publicAddresses: [{ id: "eip-1", ip: "203.0.113.9", kind: "elastic", releasedWithInstance: false }] },
      "new public address eip-1",
    ],
    ["the bin", { state: { unified: "recycled", raw: "SHUTDOWN" } }, "recycle bin"],
    ["an unknown state", { state: { unified: "unknown", raw: "ODD" } }, "its state is ODD"],
  ];

  it.each(cases)("is seen: %s", (_, change, words) => {
    expect(differences(planned, { ...planned, ...change }, []).join("; ")).toContain(words);
  });

  it("is not what changes by itself, such as the moment it was seen", () => {
    expect(differences(planned, { ...planned, seenAt: "2027-01-01T00:00:00Z", name: "renamed" }, [])).toEqual([]);
  });

  it("S11 is a server that runs although this run had stopped it", () => {
    const { cloud, accountId, region } = planned;
    const resource = { kind: "instance", id: "a" } as const;
    const undo = { action: "set-power", instanceId: "a", power: "running" } as const;
    const stop = { cloud, accountId, region, kind: "power-changed", resource, instanceIds: ["a"], undo } as const;
    const stopped = { ...planned, state: { unified: "stopped", raw: "stopped" } } as const;
    expect(differences(planned, stopped, [stop])).toEqual([]);
    expect(differences(planned, planned, [stop])).toEqual(["somebody started it: this run had stopped it"]);
  });

  it("is not what this run did itself", () => {
    const now = { ...planned, disks: planned.disks.map((disk) => ({ ...disk, deletedWithInstance: false })) };
    const { cloud, accountId, region } = planned;
    const own = {
      cloud,
      accountId,
      region,
      kind: "flag-changed",
      resource: { kind: "disk", id: "disk-a" },
      instanceIds: ["a"],
      undo: { impossible: "test" },
    } as const;
    expect(differences(planned, now, [own])).toEqual([]);
  });
});

it("S43 prints control, bidi and ANSI characters of names and tags as their codes", () => {
  expect(printable("a\u001B[31mred\u202Eevil\u200B\n")).toBe("a\\u001B[31mred\\u202Eevil\\u200B\\u000A");
  expect(printable("数据库 ☃ 🚀 naïve")).toBe("数据库 ☃ 🚀 naïve");
});
