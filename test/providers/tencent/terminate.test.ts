import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tencentCalls } from "../../../providers/tencent/call.js";
import { fakeTencent } from "../../../providers/tencent/fake/index.js";
import { snapshot } from "../../../providers/tencent/snapshot.js";
import { terminate } from "../../../providers/tencent/terminate.js";
import type { TerminateOptions } from "../../../src/termination.js";
import type { FakeCloud } from "../../../src/testing/world.js";

let world: FakeCloud;
let open: ReturnType<typeof tencentCalls>;
let close: () => Promise<void>;

beforeEach(async () => {
  world = fakeTencent({ region: "ap-guangzhou" });
  const server = await world.listen();
  close = server.close;
  open = tencentCalls({
    region: "ap-guangzhou",
    credentials: { secretId: "AKIDEXAMPLE", secretKey: "example" },
    endpoint: server.endpoint,
    clock: world.clock,
  });
});

afterEach(async () => {
  await close();
});

const discard = { data: { discard: "test" } } as const;
const end = (options: TerminateOptions, ...names: string[]) =>
  terminate(
    open,
    names.map((name) => world.id(name)),
    options,
  );
const terminations = () =>
  world.requests.filter(({ action, tookEffect }) => action === "TerminateInstances" && tookEffect);
const secondStages = () => world.view().effects.filter(({ id }) => id.endsWith("/second-stage"));
const expiresAt = "2030-01-01T00:00:00Z";

describe("a CVM server that is paid by use", () => {
  it("is destroyed at once, with every batch-wide flag sent as keep", async () => {
    world.seed([{ id: "web" }]);
    expect(await end(discard, "web")).toMatchObject([{ status: "accepted" }]);
    expect(world.requests.find(({ action }) => action === "TerminateInstances")?.parameters).toMatchObject({
      ReleaseAddress: false,
      ReleasePrepaidDataDisks: false,
    });
    await world.clock.advance(60_000);
    expect(world.holds("web")).toBe(false);
  });

  it("stays where it is protected, and where a group would replace it", async () => {
    world.seed({
      instances: [{ id: "protected", terminationProtection: true }, { id: "member" }],
      owners: [{ kind: "auto-scaling-group", id: "workers", members: ["member"] }],
    });
    expect(await end(discard, "protected", "member")).toMatchObject([
      { status: "blocked", problem: { code: "protected" } },
      { status: "blocked", problem: { code: "owned" } },
    ]);
    expect(terminations()).toEqual([]);
  });

  it("S10 needs a proof of each disk that dies, read again", async () => {
    world.seed([{ id: "web", disks: [{ role: "system" }] }]);
    expect(await end({ data: { proofs: [] } }, "web")).toMatchObject([
      { status: "blocked", problem: { code: "missing-snapshot-proof" } },
    ]);
    const [saved] = await snapshot(open, [world.id("web")]);
    if (saved?.status !== "completed") throw new Error(`The snapshot is ${saved?.status}.`);
    expect(await end({ data: { proofs: saved.proofs } }, "web")).toMatchObject([{ status: "accepted" }]);
  });

  it("can be released later by a timer, which is an effect", async () => {
    world.seed([{ id: "web" }]);
    const releaseAt = new Date(world.clock.now() + 3_600_000).toISOString();
    const [outcome] = await end({ ...discard, releaseAt }, "web");
    expect(outcome).toMatchObject({ status: "scheduled", bypassesBin: true, effects: [{ kind: "timer-set" }] });
    expect(world.view().instances[0]?.scheduledReleaseAt).toBeDefined();
    expect(world.holds("web")).toBe(true);
  });
});

describe("a CVM server that is paid in advance", () => {
  it("S51 is left alone unless a way out was chosen", async () => {
    world.seed([{ id: "web", billing: "prepaid", expiresAt }]);
    expect(await end(discard, "web")).toMatchObject([{ status: "blocked", problem: { code: "prepaid" } }]);
    expect(world.view().orders).toEqual([]);
  });

  it("goes to the recycle bin, and is not called gone there", async () => {
    world.seed([{ id: "web", billing: "prepaid", expiresAt }]);
    const [outcome] = await end({ ...discard, prepaid: "unsubscribe" }, "web");
    expect(outcome).toMatchObject({ status: "recycled", recoverableUntil: { basis: "computed" } });
    expect(world.view().instances).toMatchObject([{ state: "recycled" }]);
    expect(secondStages()).toEqual([]);
  });

  it("S05 is not terminated again once it is in the bin, unless purge was asked", async () => {
    world.seed([{ id: "web", billing: "prepaid", expiresAt, state: "recycled" }]);
    expect(await end({ ...discard, prepaid: "unsubscribe" }, "web")).toMatchObject([{ status: "recycled" }]);
    expect(terminations()).toEqual([]);
    expect(await end({ ...discard, recycleBin: "purge", prepaid: "unsubscribe" }, "web")).toMatchObject([
      { status: "accepted" },
    ]);
    expect(secondStages()).toHaveLength(1);
  });

  it("S05 is not touched within half an hour of its expiry", async () => {
    const soon = new Date(world.clock.now() + 20 * 60_000).toISOString();
    world.seed([{ id: "web", billing: "prepaid", expiresAt: soon }]);
    // A plan must not show what the run would then refuse.
    for (const dryRun of [true, false]) {
      expect(await end({ ...discard, prepaid: "unsubscribe", dryRun }, "web")).toMatchObject([
        { status: "blocked", problem: { code: "wrong-state" } },
      ]);
    }
    expect(terminations()).toEqual([]);
  });

  it("shows in a dry run what would be given back, and sends nothing", async () => {
    world.seed([
      { id: "web", billing: "prepaid", expiresAt, refund: { quote: { amount: "120.50", currency: "CNY" } } },
    ]);
    expect(await end({ ...discard, prepaid: "unsubscribe", dryRun: true }, "web")).toMatchObject([
      {
        status: "would-terminate",
        how: "unsubscribe",
        refund: { amount: { amount: "120.50" } },
        permissionChecked: false,
      },
    ]);
    expect(world.requests.filter(({ mutating }) => mutating)).toEqual([]);
  });
});
