import { describe, expect, it } from "vitest";
import type { Effect } from "../../../src/effects.js";
import {
  holdForTheUsualWork,
  type OpenScene,
  plain,
  releaseAndRevert,
  sceneIn,
  terminateProtected,
} from "../permissions.js";
import { actionBehind, awsWorld, collect, sighting } from "./for-test.js";

const open: OpenScene = async (seed) => sceneIn(await awsWorld(), seed, actionBehind);

describe("permissions hold what is sent by", () => {
  holdForTheUsualWork(open);

  it("terminate, of protected instances and with disks kept", () => terminateProtected(open, { stopProtection: true }));

  it("removeArtifacts of an isolation group", async () => {
    const { adapter, world, ids, allowed } = await open(plain);
    await adapter.quarantine(ids, { mode: "isolate", reason: "test", runId: "run" });
    world.meddle({ remove: ["web"] });
    await world.clock.advance(600_000);
    const groups = await collect(adapter.findOwnArtifacts({ runId: "run" }));
    expect(groups.map(({ kind }) => kind)).toEqual(["security-group"]);
    const options = { unexpired: { reason: "test" } };
    const [removed] = await allowed("removeArtifacts", () => adapter.removeArtifacts(groups, options));
    expect(removed?.status).toBe("removed");
  });

  it("releaseDependencies of a target by address whose instance is gone", async () => {
    const owners = [{ kind: "load-balancer-target", id: "pool", members: ["web"], by: "address" }] as const;
    const { adapter, world, allowed, items } = await open({ ...plain, owners });
    const sightings = [await sighting(world, "web")];
    const named = await items("load-balancer-target");
    world.meddle({ remove: ["web"] });
    await world.clock.advance(600_000);
    const options = { sightings };
    const [released] = await allowed("releaseDependencies", () => adapter.releaseDependencies(named, options));
    expect(released?.status).toBe("released");
  });

  it("recover of what is not in a bin", async () => {
    const { adapter, allowed } = await open(plain);
    const { accountId } = await adapter.whoAmI();
    const place = { cloud: "aws", accountId, region: adapter.region };
    const refs = [
      { ...place, kind: "disk", id: "vol-0123456789abcdef0" },
      { ...place, kind: "snapshot", id: "snap-0123456789abcdef0" },
      { ...place, kind: "image", id: "ami-0123456789abcdef0" },
    ] as const;
    const outcomes = await allowed("recover", () => adapter.recover(refs));
    expect(outcomes.map(({ status }) => status)).toEqual(["not-found", "not-found", "not-found"]);
  });

  it.each(["on standby", "scale-in-protected"])("the revert of a detach of a member that was %s", async (how) => {
    const { adapter, world, allowed, items } = await open({
      instances: [{ id: "web" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"] }],
    });
    const [released] = await adapter.releaseDependencies(await items("auto-scaling-group"));
    // As the effect is of one that was not simply in service.
    const effects: readonly Effect[] = (released?.effects ?? []).map((effect) => {
      if (!("action" in effect.undo) || effect.undo.action !== "rejoin") return effect;
      const detail = {
        lifecycleState: how === "on standby" ? "Standby" : "InService",
        protectedFromScaleIn: how !== "on standby",
      };
      return { ...effect, undo: { ...effect.undo, detail } };
    });
    await world.clock.advance(600_000);
    const [back] = await allowed("revert", () => adapter.revert(effects));
    expect(back?.status).toBe("reverted");
    const held = adapter.permissions(["releaseDependencies"]).actions.map(({ action }) => action);
    expect(held).toEqual(expect.arrayContaining(["autoscaling:EnterStandby", "autoscaling:SetInstanceProtection"]));
  });

  it.each(["load-balancer-target", "auto-scaling-group", "spot-request"] as const)(
    "releaseDependencies of a %s, and revert of it",
    async (kind) => {
      const scene = await open({
        instances: [{ id: "web", ...(kind === "spot-request" ? { billing: "spot" } : {}) }],
        owners: [{ kind, id: "owner", members: ["web"], ...(kind === "spot-request" ? { replaces: true } : {}) }],
      });
      await releaseAndRevert(scene, kind);
    },
  );

  it("recover of what is in a bin", async () => {
    const { adapter, world, allowed } = await open({
      instances: [{ id: "web", disks: [{ id: "root", role: "system" }] }],
      bins: { disk: { enabled: true, hours: 48 } },
    });
    const { cloud, accountId, region } = await sighting(world, "web");
    world.meddle({ remove: ["web"] });
    await world.clock.advance(60_000);
    const item = { cloud, accountId, region, kind: "disk", id: world.id("root") } as const;
    await allowed("recover", () => adapter.recover([item]));
  });
});
