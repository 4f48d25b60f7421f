import { TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { terminate } from "../../../providers/aws/terminate.js";
import { cannedCalls } from "./canned.js";
import { awsWorld, discard, expectBlocked, mutations, otherTool, sent, settle, sighting } from "./for-test.js";

const terminateApi = "ec2:TerminateInstances";
const patience = { deadlineMs: 3_600_000 } as const;

describe("terminate on EC2: owners", () => {
  const owned = {
    "a stack": { tags: { "aws:cloudformation:stack-name": "shop" }, kind: "stack" },
    "a cluster": { tags: { "kubernetes.io/cluster/blue": "owned" }, kind: "cluster-node" },
    "a fleet": { tags: { "aws:ec2:fleet-id": "fleet-1" }, kind: "fleet" },
  } as const;
  for (const [what, { tags, kind }] of Object.entries(owned)) {
    it(`leaves a member of ${what} standing until that owner is accepted by name`, async () => {
      const world = await awsWorld();
      world.seed([{ id: "web", tags }]);
      const ids = [world.id("web")];
      expectBlocked((await world.adapter.terminate(ids, discard))[0], "owned");
      const other = { acceptOwners: ["spot-request"] };
      expectBlocked((await world.adapter.terminate(ids, { ...discard, cloudOptions: other }))[0], "owned");
      expect(mutations(world)).toEqual([]);
      const cloudOptions = { acceptOwners: [kind] };
      const [outcome] = await world.adapter.terminate(ids, { ...discard, cloudOptions });
      expect(outcome).toMatchObject({ status: "accepted" });
    });
  }

  it("leaves a member of a scaling group standing, and says how to detach it", async () => {
    const world = await awsWorld();
    world.seed({
      instances: [{ id: "web" }, { id: "other" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web", "other"], replaces: true }],
    });
    const [outcome] = await world.adapter.terminate([world.id("web")], discard);
    expectBlocked(outcome, "owned");
    expect(JSON.stringify(outcome)).toContain("crew");
    expect(world.holds("web")).toBe(true);
  });

  it("leaves an instance standing that a persistent Spot request would launch again", async () => {
    const world = await awsWorld();
    world.seed({
      instances: [{ id: "web", billing: "spot" }],
      owners: [{ kind: "spot-request", id: "request", members: ["web"], variant: "persistent", replaces: true }],
    });
    expectBlocked((await world.adapter.terminate([world.id("web")], discard))[0], "owned");
    expect(world.holds("web")).toBe(true);
  });

  it("ends a Spot instance of a one-time request", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", billing: "spot" }]);
    expect((await world.adapter.terminate([world.id("web")], discard))[0]).toMatchObject({ status: "accepted" });
  });

  it("counts the group's tag as membership where scaling groups cannot be asked", async () => {
    const world = await awsWorld();
    world.seed({
      instances: [{ id: "web" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"], replaces: true }],
    });
    world.faults.add({ fault: "deny", api: "autoscaling:DescribeAutoScalingInstances" });
    expectBlocked((await world.adapter.terminate([world.id("web")], discard))[0], "owned");
  });

  it("leaves what another service operates to it, whoever accepts that owner", async () => {
    const world = await awsWorld();
    world.seed([{ id: "node", managedBy: "eks.amazonaws.com" }]);
    const cloudOptions = { acceptOwners: ["managed-service"] };
    const [outcome] = await world.adapter.terminate([world.id("node")], { ...discard, cloudOptions });
    expectBlocked(outcome, "owned");
    expect(mutations(world)).toEqual([]);
  });

  it("refuses owners that nobody knows before anything is sent", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    for (const acceptOwners of ["stack", ["stacks"], [1]]) {
      const call = world.adapter.terminate([world.id("web")], { ...discard, cloudOptions: { acceptOwners } });
      await expect(call).rejects.toMatchObject({ code: "invalid-request" });
    }
    expect(world.requests).toEqual([]);
  });
});

describe("terminate on EC2: batches", () => {
  it("sends at most 100 instances of one zone at a time, each instance once", async () => {
    const world = await awsWorld();
    const names = Array.from({ length: 230 }, (_, index) => `web-${index}`);
    world.seed({
      securityGroups: [{ id: "fleet" }],
      instances: names.map((id, index) => ({
        id,
        zone: index < 150 ? "eu-west-1a" : "eu-west-1b",
        securityGroups: ["fleet"],
      })),
    });
    const ids = names.map((name) => world.id(name));
    const outcomes = await world.adapter.terminate(ids, { ...discard, protectionCheck: "by-cloud" });
    expect(outcomes.every(({ status }) => status === "accepted")).toBe(true);
    const batches = sent(world, terminateApi).map(({ instanceIds }) => instanceIds);
    expect(batches.map((batch) => batch.length).sort()).toEqual([100, 50, 80].sort());
    expect(batches.flat().toSorted()).toEqual(ids.toSorted());
    const inZone = new Set(ids.slice(0, 150));
    for (const batch of batches) expect(new Set(batch.map((id) => inZone.has(id))).size).toBe(1);
  });

  it("drops the protected one that the cloud names, and sends the rest of its zone again", async () => {
    const world = await awsWorld();
    world.seed([
      { id: "a-1", zone: "eu-west-1a" },
      { id: "kept", zone: "eu-west-1a", stopProtection: true },
      { id: "a-2", zone: "eu-west-1a" },
      { id: "b-1", zone: "eu-west-1b" },
    ]);
    const ids = ["a-1", "kept", "a-2", "b-1"].map((name) => world.id(name));
    const outcomes = await world.adapter.terminate(ids, { ...discard, protectionCheck: "by-cloud" });
    expect(outcomes.map(({ status }) => status)).toEqual(["accepted", "blocked", "accepted", "accepted"]);
    expectBlocked(outcomes[1], "protected");
    expect(JSON.stringify(outcomes[1])).toContain("stop protection");
    expect(sent(world, terminateApi)).toHaveLength(3);
    expect(sent(world, "ec2:DescribeInstanceAttribute")).toEqual([]);
    expect(world.holds("kept")).toBe(true);
  });

  it("reads the protection of the rest once the cloud has refused a second one", async () => {
    const world = await awsWorld();
    const names = Array.from({ length: 12 }, (_, index) => `web-${index}`);
    world.seed(names.map((id, index) => ({ id, terminationProtection: index % 3 === 0 })));
    const ids = names.map((name) => world.id(name));
    const outcomes = await world.adapter.terminate(ids, { ...discard, protectionCheck: "by-cloud" });
    for (const [index, outcome] of outcomes.entries()) {
      if (index % 3 === 0) expectBlocked(outcome, "protected");
      else expect(outcome.status).toBe("accepted");
    }
    expect(sent(world, terminateApi).length).toBeLessThanOrEqual(3);
  });

  it("sends the rest again when one has vanished since it was read", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }, { id: "ghost" }, { id: "db" }]);
    const ids = ["web", "ghost", "db"].map((name) => world.id(name));
    let vanished = false;
    const outcomes = await world.adapter.terminate(ids, {
      ...discard,
      recorder: {
        intent: async () => {
          if (vanished) return;
          vanished = true;
          world.meddle({ remove: ["ghost"] });
          // Past the tombstone and past every lag: the id is unknown to the cloud.
          await world.clock.advance(3 * 3_600_000);
        },
        settled: async () => undefined,
      },
    });
    expect(outcomes.map(({ status }) => status)).toEqual(["accepted", "unknown", "accepted"]);
    expect(world.holds("web") || world.holds("db")).toBe(false);
  });

  it("reads again after a refusal, and believes what it sees rather than the refusal", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "deny", api: terminateApi, skip: 1 });
    const [outcome] = await world.adapter.terminate([world.id("web")], {
      ...discard,
      recorder: {
        // Somebody else is a moment faster.
        intent: async () => {
          await otherTool(world).send(new TerminateInstancesCommand({ InstanceIds: [world.id("web")] }));
          await world.clock.advance(5_000);
        },
        settled: async () => undefined,
      },
    });
    expect(outcome).toMatchObject({ status: "accepted" });
  });

  it("S03 does not take an instance that is no longer listed for one that stands", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "drop-before", api: terminateApi });
    const [outcome] = await world.adapter.terminate([world.id("web")], {
      ...discard,
      recorder: {
        intent: async () => {
          world.meddle({ remove: ["web"] });
          await world.clock.advance(3 * 3_600_000);
        },
        settled: async () => undefined,
      },
    });
    expect(outcome).toMatchObject({ status: "unknown" });
  });

  it("finds the one that is denied in a batch, and ends the others", async () => {
    const world = await awsWorld();
    const names = Array.from({ length: 64 }, (_, index) => `web-${index}`);
    world.seed({
      securityGroups: [{ id: "fleet" }],
      instances: names.map((id) => ({ id, securityGroups: ["fleet"] })),
    });
    world.faults.add({ fault: "deny", api: terminateApi, instanceId: "web-37" });
    const ids = names.map((name) => world.id(name));
    const outcomes = await world.adapter.terminate(ids, { ...discard, protectionCheck: "by-cloud" });
    expect(outcomes.filter(({ status }) => status === "accepted")).toHaveLength(63);
    expect(outcomes[37]).toMatchObject({ status: "failed", problem: { code: "access-denied" } });
    expect(sent(world, terminateApi).length).toBeLessThanOrEqual(14);
  });

  it("does not search long where everything is denied", async () => {
    const world = await awsWorld();
    const names = Array.from({ length: 100 }, (_, index) => `web-${index}`);
    world.seed({
      securityGroups: [{ id: "fleet" }],
      instances: names.map((id) => ({ id, securityGroups: ["fleet"] })),
    });
    world.faults.add({ fault: "deny", api: terminateApi });
    const ids = names.map((name) => world.id(name));
    const outcomes = await world.adapter.terminate(ids, { ...discard, protectionCheck: "by-cloud" });
    expect(outcomes.every(({ status }) => status === "failed")).toBe(true);
    expect(sent(world, terminateApi).length).toBeLessThanOrEqual(20);
  });

  it("skips the guest's own shutdown only when told to", async () => {
    const world = await awsWorld();
    world.seed([{ id: "gentle" }, { id: "forced" }]);
    await world.adapter.terminate([world.id("gentle")], discard);
    await world.adapter.terminate([world.id("forced")], { ...discard, shutdown: "forced" });
    const [gentle, forced] = sent(world, terminateApi).map(({ parameters }) => parameters);
    expect(Object.keys(gentle ?? {}).filter((key) => /Force|Skip/.test(key))).toEqual([]);
    expect(JSON.stringify(forced)).toMatch(/"Force":"?true/);
    expect(JSON.stringify(forced)).toMatch(/"SkipOsShutdown":"?true/);
  });
});

describe("terminate on EC2: protection", () => {
  it("switches off only what is on, and only for the ids that are named", async () => {
    const world = await awsWorld();
    world.seed([
      { id: "named", stopProtection: true },
      { id: "plain" },
      { id: "unnamed", terminationProtection: true },
    ]);
    const ids = ["named", "plain", "unnamed"].map((name) => world.id(name));
    const protection = { clear: [world.id("named"), world.id("plain")], reason: "a test" };
    await world.adapter.terminate(ids, { ...discard, protection });
    const changes = sent(world, "ec2:ModifyInstanceAttribute");
    expect(changes).toHaveLength(1);
    expect(changes[0]?.instanceIds).toEqual([world.id("named")]);
    expect(Object.keys(changes[0]?.parameters ?? {}).join()).toContain("DisableApiStop");
  });

  it("S32 clears protection only after everything else has been judged", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", terminationProtection: true, tags: { "aws:cloudformation:stack-name": "shop" } }]);
    const protection = { clear: [world.id("web")], reason: "a test" };
    expectBlocked((await world.adapter.terminate([world.id("web")], { ...discard, protection }))[0], "owned");
    expect(mutations(world)).toEqual([]);
  });

  it("S32 puts both protections back when a recorder stops the termination itself", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", terminationProtection: true, stopProtection: true }]);
    const [outcome] = await world.adapter.terminate([world.id("web")], {
      ...discard,
      protection: { clear: [world.id("web")], reason: "a test" },
      recorder: {
        intent: async ({ api }) => {
          if (api === terminateApi) throw new Error("the disk is full");
        },
        settled: async () => undefined,
      },
    });
    expect(outcome).toMatchObject({ status: "blocked", effects: [] });
    const [truth] = world.view().instances;
    expect([truth?.terminationProtection, truth?.stopProtection]).toEqual([true, true]);
  });

  it("S31 puts protection back although the caller has stopped the call", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", terminationProtection: true }]);
    const controller = new AbortController();
    const [outcome] = await world.adapter.terminate([world.id("web")], {
      ...discard,
      protection: { clear: [world.id("web")], reason: "a test" },
      signal: controller.signal,
      recorder: { intent: async () => undefined, settled: async () => controller.abort() },
    });
    expect(outcome).toMatchObject({ status: "blocked", problem: { code: "aborted" }, effects: [] });
    expect(world.view().instances[0]?.terminationProtection).toBe(true);
  });

  it("clears nothing whose former value could not be read", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", terminationProtection: true }]);
    world.faults.add({ fault: "deny", api: "ec2:DescribeInstanceAttribute" });
    const protection = { clear: [world.id("web")], reason: "a test" };
    expectBlocked((await world.adapter.terminate([world.id("web")], { ...discard, protection }))[0], "access-denied");
    expect(mutations(world)).toEqual([]);
  });

  it("asks the cloud in a dry run whether it may switch protection off", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", terminationProtection: true }]);
    world.faults.add({ fault: "deny", api: "ec2:ModifyInstanceAttribute" });
    const protection = { clear: [world.id("web")], reason: "a test" };
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, protection, dryRun: true });
    expect(outcome).toMatchObject({ status: "failed", problem: { code: "access-denied" } });
    expect(mutations(world)).toEqual([]);
  });
});

describe("terminate on EC2: disks", () => {
  const disks = [
    { id: "root", role: "system" },
    { id: "dying", role: "data", deletedWithInstance: true },
    { id: "staying", role: "data", deletedWithInstance: false },
  ] as const;

  it("S13 changes the flag of just the disks the wish is about, by their device", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", disks }]);
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, dataDisks: "keep" });
    expect(outcome).toMatchObject({ status: "accepted" });
    const [change, ...more] = sent(world, "ec2:ModifyInstanceAttribute");
    expect(more).toEqual([]);
    expect(JSON.stringify(change?.parameters).match(/DeviceName/g)).toHaveLength(1);
    await settle(world);
    expect([world.holds("root"), world.holds("dying"), world.holds("staying")]).toEqual([false, true, true]);
  });

  it("S13 lets a named disk die with its instance, and asks for its proof first", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", disks }]);
    const dataDisks = { delete: [world.id("staying")] };
    const [copies] = await world.adapter.snapshot([world.id("web")], { runId: "test", ...patience });
    const proofs = copies?.status === "completed" ? copies.proofs : [];
    const without = proofs.filter(({ diskId }) => diskId !== world.id("staying"));
    const ids = [world.id("web")];
    expectBlocked(
      (await world.adapter.terminate(ids, { data: { proofs: without }, dataDisks }))[0],
      "missing-snapshot-proof",
    );
    expect(sent(world, "ec2:ModifyInstanceAttribute")).toEqual([]);
    await world.adapter.terminate(ids, { data: { proofs }, dataDisks });
    await settle(world);
    expect(world.holds("staying")).toBe(false);
  });

  it("S02 leaves an instance standing whose volumes could not be confirmed", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "deny", api: "ec2:DescribeVolumes" });
    expectBlocked((await world.adapter.terminate([world.id("web")], discard))[0], "data-loss");
    expect(world.holds("web")).toBe(true);
  });

  it("S02 leaves an instance standing whose volumes the second source does not show", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "null-lists", api: "ec2:DescribeVolumes" });
    const call = world.adapter.terminate([world.id("web")], discard);
    const told = await call.then(
      ([outcome]) => outcome,
      (error: unknown) => error,
    );
    expect(told).toMatchObject({ problem: { code: expect.stringMatching(/data-loss|service/) } });
    expect(world.holds("web")).toBe(true);
  });

  it("S10 leaves an instance standing whose type could not be read, since its host's disks are not known", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const [copies] = await world.adapter.snapshot([world.id("web")], { runId: "test", ...patience });
    const proofs = copies?.status === "completed" ? copies.proofs : [];
    world.faults.add({ fault: "deny", api: "ec2:DescribeInstanceTypes" });
    expectBlocked((await world.adapter.terminate([world.id("web")], { data: { proofs } }))[0], "data-loss");
    expect((await world.adapter.terminate([world.id("web")], discard))[0]).toMatchObject({ status: "accepted" });
  });

  it("S13 keeps no disk of the host, and says so unless its loss is accepted", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", disks: [{ role: "system" }, { id: "scratch", role: "data", medium: "local" }] }]);
    const wish = { ...discard, dataDisks: "keep" } as const;
    expectBlocked((await world.adapter.terminate([world.id("web")], wish))[0], "unsupported");
    const { disks: seen } = await sighting(world, "web");
    const acceptDataLoss = seen
      .filter(({ ephemeral }) => ephemeral)
      .map(({ id }) => ({ instanceId: world.id("web"), diskId: id, reason: "a test" }));
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...wish, acceptDataLoss });
    expect(outcome).toMatchObject({ status: "accepted" });
  });

  it("S10 takes a proof under a customer's key only while the key can be read and is enabled", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", disks: [{ role: "system", encrypted: true }] }]);
    const ids = [world.id("web")];
    const [copies] = await world.adapter.snapshot(ids, { runId: "test", ...patience });
    const proofs = copies?.status === "completed" ? copies.proofs : [];
    expect(proofs).toMatchObject([{ encrypted: true, keyUsable: true }]);
    const lift = world.faults.add({ fault: "deny", api: "kms:DescribeKey" });
    expectBlocked((await world.adapter.terminate(ids, { data: { proofs } }))[0], "missing-snapshot-proof");
    lift();
    expect((await world.adapter.terminate(ids, { data: { proofs } }))[0]).toMatchObject({ status: "accepted" });
  });
});

describe("terminate on EC2: what the cloud has no way for", () => {
  it("releases at no later time and puts nothing into a bin", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const ids = [world.id("web")];
    const releaseAt = new Date(world.clock.now() + 86_400_000).toISOString();
    expectBlocked((await world.adapter.terminate(ids, { ...discard, releaseAt }))[0], "unsupported");
    const [binned] = await world.adapter.terminate(ids, { ...discard, recycleBin: "require" });
    expectBlocked(binned, "recycle-bin-unavailable");
    expect(mutations(world)).toEqual([]);
  });

  it("S03 calls an instance gone only where a row shows that these credentials would see it", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const record = await sighting(world, "web");
    const canned = (groups: readonly object[]) =>
      cannedCalls({
        "ec2:DescribeInstances": { Reservations: [] },
        "ec2:DescribeSecurityGroups": { SecurityGroups: groups },
        "ec2:DescribeVolumes": { Volumes: [] },
        "ec2:DescribeInstanceTypes": { InstanceTypes: [] },
      });
    const [blind] = await terminate(canned([]).open, [record], discard);
    expect(blind).toMatchObject({ status: "unknown" });
    const seeing = canned([{ GroupId: "sg-0123456789abcdef0", GroupName: "default", OwnerId: "123456789012" }]);
    const [gone] = await terminate(seeing.open, [record], discard);
    expect(gone).toMatchObject({ status: "already-gone", absence: { control: { row: "default-group" } } });
  });

  it("takes a tombstone for sighting and control in one, and reads it twice", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", state: "gone" }]);
    const [outcome] = await world.adapter.terminate([world.id("web")], discard);
    expect(outcome).toMatchObject({
      status: "already-gone",
      absence: { control: { row: "tombstone", id: world.id("web") } },
    });
    expect(outcome?.status === "already-gone" && outcome.absence.reads.length).toBe(2);
    expect(mutations(world)).toEqual([]);
  });
});
