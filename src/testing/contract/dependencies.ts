import assert from "node:assert/strict";
import type { DependencyKind, DependencyReport } from "../../dependencies.js";
import type { SeedOwner } from "../seed.js";
import { assertNothingSent, assertStatus, patience } from "./expect.js";
import type { Scene, Suite } from "./scene.js";
import { allow, group, sharedGroup } from "./seeds.js";

/** What hangs on an instance. */
export function dependencies(suite: Suite): void {
  suite.describe("listDependencies", () => {
    suite.it("shows disks, addresses and groups, and what becomes of each at the end", async (scene) => {
      seedRich(scene);
      const report = await scene.adapter.listDependencies(scene.ids("web"));
      const fate = (kind: DependencyKind, name: string) => edge(report, kind, scene.id(name))?.atTermination;
      assert.equal(fate("disk", "root"), "deleted");
      assert.equal(fate("disk", "kept"), "kept");
      assert.ok(["kept", "detached"].includes(fate("public-address", "front") ?? ""));
      assert.ok(edge(report, "security-group", scene.id("app")), "the group is not shown");
      assert.equal(node(report, "disk", scene.id("kept"))?.billing, "continues");
      assert.equal(node(report, "disk", scene.id("kept"))?.sizeGiB, 120);
      assert.equal(node(report, "public-address", scene.id("front"))?.billing, "continues");
      assertNothingSent(scene.world);
    });

    suite.it("lists each thing once and ties every edge to a node and a target", async (scene) => {
      seedRich(scene);
      scene.seed([{ id: "web-2", securityGroups: ["app"] }]);
      const report = await scene.adapter.listDependencies(scene.ids("web", "web-2"));
      const names = report.nodes.map((one) => `${one.kind}/${one.id}`);
      assert.equal(new Set(names).size, names.length, "a thing is listed twice");
      for (const one of report.edges) {
        assert.ok(names.includes(`${one.node.kind}/${one.node.id}`), `an edge to nothing: ${JSON.stringify(one)}`);
        assert.ok(scene.ids("web", "web-2").includes(one.instanceId));
        assert.ok(one.why !== "" && one.source !== "");
        if (one.effect === "blocks") assert.ok(one.unblock, `no way out: ${JSON.stringify(one)}`);
        if (one.relation === "inferred") assert.equal(one.effect, "report", "a guess blocks");
      }
    });

    for (const replaces of [true, false]) {
      suite.it(
        `stops at a scaling group that ${replaces ? "replaces its members" : "only counts them"}`,
        async (scene) => {
          scene.seed({
            instances: [{ id: "web" }, { id: "free" }],
            owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"], replaces }],
          });
          const report = await scene.adapter.listDependencies(scene.ids("web", "free"));
          const owned = edge(report, "auto-scaling-group", scene.id("crew"), scene.id("web"));
          assert.ok(owned && owned.effect !== "report", "a scaling group would put another in its place");
          assert.equal(edge(report, "auto-scaling-group", scene.id("crew"), scene.id("free")), undefined);
        },
      );
    }

    suite.it("shows the load balancer that still sends traffic", async (scene) => {
      scene.seed({
        instances: [{ id: "web" }],
        owners: [{ kind: "load-balancer-target", id: "front", members: ["web"], ports: [80, 443] }],
      });
      const report = await scene.adapter.listDependencies(scene.ids("web"));
      const targets = report.edges.filter((one) => one.node.kind === "load-balancer-target");
      assert.ok(targets.length > 0 && targets.every((one) => one.effect !== "report"));
    });

    suite.it("shows what sends traffic to an address rather than an instance", async (scene) => {
      const owner: SeedOwner = {
        kind: "load-balancer-target",
        id: "front",
        members: ["web"],
        by: "address",
        ports: [80],
      };
      if (!scene.trySeed({ instances: [{ id: "web" }], owners: [owner] })) return;
      const report = await scene.adapter.listDependencies(scene.ids("web"));
      assert.ok(report.edges.some((one) => one.node.kind === "load-balancer-target" && one.effect !== "report"));
    });

    suite.it("shows rules elsewhere that let the instance's group in", async (scene) => {
      scene.seed({
        securityGroups: [{ id: "app" }, sharedGroup("db", [allow("from-app", group("app"))])],
        instances: [{ id: "web", securityGroups: ["app"] }],
      });
      const report = await scene.adapter.listDependencies(scene.ids("web"));
      assert.ok(
        report.edges.some((one) => one.node.kind === "security-rule"),
        "the rule is not shown",
      );
    });

    suite.it("shows protection as something that blocks", async (scene) => {
      scene.seed([{ id: "web", terminationProtection: true }, { id: "free" }]);
      const report = await scene.adapter.listDependencies(scene.ids("web", "free"));
      const protections = report.edges.filter((one) => one.node.kind === "protection" && one.effect === "blocks");
      assert.deepEqual([...new Set(protections.map((one) => one.instanceId))], scene.ids("web"));
    });

    suite.it("leaves the reading of protection to the cloud when asked to, and says so", async (scene) => {
      scene.seed([{ id: "web", terminationProtection: true }]);
      const report = await scene.adapter.listDependencies(scene.ids("web"), { protectionCheck: "by-cloud" });
      const [sighting] = report.instances;
      assert.ok(sighting?.status === "found" && sighting.record.protection.termination !== false);
      if (sighting.record.protection.termination !== "unknown") return;
      const lines = report.coverage.filter((one) => one.kind === "protection");
      assert.ok(lines.length > 0 && lines.every((one) => one.status === "skipped" && one.gate === "report"));
    });

    suite.it("keeps a coverage line for every kind left out, as skipped", async (scene) => {
      scene.seed([{ id: "web" }]);
      const whole = await scene.adapter.listDependencies(scene.ids("web"));
      const kinds = [...new Set(whole.coverage.filter((line) => line.gate === "report").map((line) => line.kind))];
      const report = await scene.adapter.listDependencies(scene.ids("web"), { skip: kinds });
      assert.deepEqual(report.coverage.map(lineName).sort(), whole.coverage.map(lineName).sort());
      for (const line of report.coverage.filter((one) => kinds.includes(one.kind))) {
        assert.equal(line.status, "skipped");
        assert.ok(line.reason);
      }
    });

    suite.it("keeps one coverage line per kind and source, whatever is asked about", async (scene) => {
      scene.seed([{ id: "web" }, { id: "db" }]);
      const one = await scene.adapter.listDependencies(scene.ids("web"));
      const two = await scene.adapter.listDependencies(scene.ids("db", "web"));
      const names = one.coverage.map(lineName);
      assert.equal(new Set(names).size, names.length, "a line is there twice");
      assert.deepEqual(two.coverage.map(lineName).sort(), names.toSorted());
      for (const kind of ["disk", "protection", "auto-scaling-group", "load-balancer-target"]) {
        assert.ok(
          one.coverage.some((line) => line.kind === kind && line.gate === "required"),
          `${kind} is not required`,
        );
      }
    });

    suite.it("S02 counts disks among what must be read", async (scene) => {
      scene.seed([{ id: "web" }]);
      const report = await scene.adapter.listDependencies(scene.ids("web"));
      const lines = report.coverage.filter((line) => line.kind === "disk");
      assert.ok(lines.length > 0 && lines.every((line) => line.gate === "required" && line.status === "checked"));
    });

    suite.it("sends nothing but reads, also where it finds plenty to do", async (scene) => {
      seedRich(scene);
      const { requests: _requests, ...before } = { ...scene.world.view(), requests: [] };
      await scene.adapter.listDependencies(scene.ids("web"));
      assertNothingSent(scene.world);
      assert.deepEqual({ ...scene.world.view() }, before);
    });

    suite.it("does not call an end clean that a group has made up for", async (scene) => {
      const owner: SeedOwner = { kind: "auto-scaling-group", id: "crew", members: ["web"], replaces: true };
      scene.seed({ instances: [{ id: "web" }], owners: [owner] });
      const before = await scene.adapter.listDependencies(scene.ids("web"));
      const [sighting] = before.instances;
      assert.ok(sighting?.status === "found");
      // As if by hand: the adapter itself leaves it to its group.
      scene.world.meddle({ remove: ["web"] });
      await scene.settle();
      const replaced = scene.world
        .view()
        .instances.some((one) => one.id !== scene.id("web") && one.state === "running");
      const [verdict] = await scene.adapter.verifyDeleted([sighting.record], { before, ...patience });
      assertStatus(verdict, "deleted");
      if (replaced) assert.equal(verdict.clean, false, "a replaced instance is called a clean end");
    });
  });
}

/** A server with a bit of everything. */
export function seedRich(scene: Scene): void {
  scene.seed({
    securityGroups: [{ id: "app" }],
    instances: [
      {
        id: "web",
        securityGroups: ["app"],
        disks: [
          { id: "root", role: "system" },
          { id: "kept", role: "data", sizeGiB: 120, deletedWithInstance: false },
        ],
        addresses: [{ id: "front", kind: "elastic" }],
      },
    ],
    owners: [
      { kind: "load-balancer-target", id: "pool", members: ["web"], ports: [80] },
      { kind: "auto-scaling-group", id: "crew", members: ["web"], replaces: true },
    ],
  });
}

function edge(report: DependencyReport, kind: DependencyKind, id: string, instanceId?: string) {
  return report.edges.find(
    (one) =>
      one.node.kind === kind && one.node.id.includes(id) && (instanceId === undefined || one.instanceId === instanceId),
  );
}

function node(report: DependencyReport, kind: DependencyKind, id: string) {
  return report.nodes.find((one) => one.kind === kind && one.id.includes(id));
}

function lineName(line: { readonly kind: string; readonly source: string }): string {
  return `${line.kind}/${line.source}`;
}
