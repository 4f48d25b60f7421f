import { describe, expect, it } from "vitest";
import { binTable } from "../../../providers/tencent/aftermath/bin.js";
import { listDependencies } from "../../../providers/tencent/dependencies.js";
import { verifyDeleted } from "../../../providers/tencent/verify.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import type { SeedInstance, WorldSeed } from "../../../src/testing/seed.js";
import type { DeletionVerdict } from "../../../src/verification.js";
import { byAnotherTool, sighting, tencentWorld } from "./for-test.js";
import type { TencentWorld } from "./world.js";

const prepaid = { billing: "prepaid", expiresAt: "2030-01-01T00:00:00Z" } as const;

/** A world in which `web` was seen and was then put into the recycle bin. */
async function binned(web: Omit<SeedInstance, "id">, more: Omit<WorldSeed, "instances"> = {}) {
  const world = await tencentWorld();
  world.seed({ ...more, instances: [{ id: "web", ...web }, { id: "bystander" }] });
  const record = await sighting(world, "web");
  const before = await listDependencies(world.open, [record]);
  if (web.billing === "prepaid") await byAnotherTool(world, "cvm:TerminateInstances", { InstanceIds: [record.id] });
  else world.meddle({ set: [{ id: "web", state: "recycled" }] });
  await world.clock.advance(30_000);
  return { world, record, before };
}

async function verdictOn({ world, record, before }: Awaited<ReturnType<typeof binned>>): Promise<DeletionVerdict> {
  const [verdict] = await verifyDeleted(world.open, [record], { before });
  if (!verdict) throw new Error("There is no verdict.");
  return verdict;
}

const left = (verdict: DeletionVerdict, kind: DependencyKind) => verdict.leftovers.filter((one) => one.kind === kind);
const disk = (world: TencentWorld, name: string, billing: string) => ({ id: world.id(name), billing });

describe("what still bills while a server waits in the recycle bin", () => {
  it("is every disk that is paid by use, and no disk that was given back with its server", async () => {
    const state = await binned({
      ...prepaid,
      disks: [
        { id: "root", role: "system" },
        { id: "hourly", role: "data", billing: "on-demand", deletedWithInstance: true },
        { id: "paid", role: "data", billing: "prepaid" },
        { id: "tied", role: "data", billing: "prepaid", tied: true },
      ],
    });
    const verdict = await verdictOn(state);
    expect(verdict).toMatchObject({ status: "recycled", clean: false, billingStopped: "unknown" });
    expect(left(verdict, "disk")).toMatchObject([
      disk(state.world, "root", "none"),
      disk(state.world, "hourly", "continues"),
      disk(state.world, "paid", "continues"),
      disk(state.world, "tied", "none"),
    ]);
  });

  it("is the system disk, too, where the server itself is paid by use", async () => {
    const state = await binned({ disks: [{ id: "root", role: "system" }] });
    const verdict = await verdictOn(state);
    expect(verdict).toMatchObject({ status: "recycled", billingStopped: false });
    expect(left(verdict, "disk")).toMatchObject([disk(state.world, "root", "continues")]);
  });

  it("is an elastic address, which stays bound", async () => {
    const state = await binned({ ...prepaid, addresses: [{ id: "front", kind: "elastic" }] });
    expect(left(await verdictOn(state), "public-address")).toMatchObject([
      { id: state.world.id("front"), billing: "continues", why: expect.stringContaining("in the recycle bin") },
    ]);
  });

  it("are its snapshots", async () => {
    const state = await binned(
      { ...prepaid, disks: [{ id: "root", role: "system" }] },
      { owners: [{ kind: "snapshot", id: "copy", members: ["root"] }] },
    );
    expect(left(await verdictOn(state), "snapshot")).toMatchObject([
      { id: state.world.id("copy"), billing: "continues" },
    ]);
  });

  it("is found without a report from before, since the server is still listed with what it holds", async () => {
    const { world } = await binned({ ...prepaid, addresses: [{ id: "front", kind: "elastic" }] });
    const [verdict] = await verifyDeleted(world.open, [world.id("web")]);
    expect(verdict && left(verdict, "public-address")).toMatchObject([{ id: world.id("front") }]);
  });
});

describe("what still leads to a server in the recycle bin", () => {
  // "Reclaiming instances": an instance in the bin stays registered with its load balancers.
  it.each(["listener", "layer7", "classic", "target-group"])(
    "is a registration with a load balancer (%s)",
    async (variant) => {
      const state = await binned(prepaid, {
        owners: [
          {
            kind: "load-balancer-target",
            id: "pool",
            members: ["web"],
            ports: [80],
            ...(variant === "listener" ? {} : { variant }),
          },
        ],
      });
      expect(left(await verdictOn(state), "load-balancer-target")).toMatchObject([
        { id: state.world.id("pool"), billing: "none" },
      ]);
    },
  );

  it("is a DNS record", async () => {
    const state = await binned(
      { ...prepaid, addresses: [{ id: "front", kind: "elastic" }] },
      { owners: [{ kind: "dns-record", id: "www", members: ["web"], variant: "public" }] },
    );
    expect(left(await verdictOn(state), "dns-record")).toHaveLength(1);
  });
});

it("says of every kind whether it was looked at", async () => {
  const { coverage } = await verdictOn(await binned(prepaid));
  const rows = binTable.map(({ kind, source }) => `${kind} ${source}`);
  expect(coverage.map(({ kind, source }) => `${kind} ${source}`)).toEqual(rows);
  expect(coverage.filter(({ status }) => status !== "checked")).toEqual([]);
});

it("calls what it may not list unlooked at, and the server recycled all the same", async () => {
  const state = await binned({ ...prepaid, addresses: [{ id: "front", kind: "elastic" }] });
  state.world.faults.add({ fault: "deny", api: "vpc:DescribeAddresses" });
  const verdict = await verdictOn(state);
  expect(verdict.status).toBe("recycled");
  expect(verdict.coverage).toContainEqual(expect.objectContaining({ kind: "public-address", status: "denied" }));
});
