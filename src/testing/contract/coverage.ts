import assert from "node:assert/strict";
import { gaps } from "../../coverage.js";
import type { CoverageLine, DependencyReport } from "../../dependencies.js";
import type { DeletionVerdict } from "../../verification.js";
import type { Fault } from "../world.js";
import { seedRich } from "./dependencies.js";
import { apisOf, assertStatus, attempt, discard, patience } from "./expect.js";
import type { Scene, Suite } from "./scene.js";

type Trouble = Extract<Fault["fault"], "deny" | "html" | "empty" | "truncate" | "server-error" | "null-lists">;
const troubles: readonly Trouble[] = ["deny", "html", "empty", "truncate", "server-error", "null-lists"];

/** What was not looked at is part of every answer. */
export function coverage(suite: Suite): void {
  suite.describe("coverage", () => {
    for (const fault of troubles) {
      suite.it(`S01 shows every source that answers with "${fault}" as not checked`, async (scene) => {
        seedRich(scene);
        for (const api of await readsOfListing(scene)) {
          const whole = await scene.adapter.listDependencies(scene.ids("web"));
          const heal = scene.world.faults.add({ fault, api });
          const told = await attempt(() => scene.adapter.listDependencies(scene.ids("web")));
          heal();
          if ("error" in told) continue;
          assertNothingHidden(whole, told.answer, `${api} answering with "${fault}"`, fault);
        }
      });
    }

    suite.it("S01 lets a required kind that was denied stand as a gap, with the reason", async (scene) => {
      seedRich(scene);
      let gapsSeen = 0;
      for (const api of await readsOfListing(scene)) {
        const heal = scene.world.faults.add({ fault: "deny", api });
        const told = await attempt(() => scene.adapter.listDependencies(scene.ids("web")));
        heal();
        if ("error" in told) continue;
        const missing = told.answer.coverage.filter((line) => line.status !== "checked");
        assert.ok(
          missing.every((line) => line.reason !== undefined && line.reason !== ""),
          "a gap without a reason",
        );
        gapsSeen += gaps(told.answer.coverage).length > 0 ? 1 : 0;
      }
      assert.ok(gapsSeen > 0, "no denial left a gap in what is required");
    });

    suite.it("never calls a deletion clean while a kind was denied", async (scene) => {
      scene.seed([{ id: "web" }, { id: "bystander" }]);
      const before = await scene.adapter.listDependencies(scene.ids("web"));
      const [sighting] = before.instances;
      assert.ok(sighting?.status === "found");
      await scene.adapter.terminate([sighting.record], discard);
      await scene.settle();
      const from = scene.world.requests.length;
      await scene.adapter.verifyDeleted([sighting.record], { before, ...patience });
      for (const api of apisOf(scene.world.requests.slice(from))) {
        const heal = scene.world.faults.add({ fault: "deny", api });
        const verify = async (): Promise<DeletionVerdict | undefined> =>
          (await scene.adapter.verifyDeleted([sighting.record], { before, ...patience }))[0];
        const told = await attempt(verify);
        heal();
        if ("error" in told) continue;
        const verdict = told.answer;
        assert.equal(verdict?.clean, false, `clean although ${api} was denied`);
        const open = verdict?.coverage.some((line) => line.status !== "checked");
        assert.ok(open || verdict?.status === "unproven", `${api} was denied and nothing says so`);
      }
    });

    for (const fault of ["null-lists", "deny"] as const) {
      suite.it(`S02 ends nothing while the source of its disks answers with "${fault}"`, async (scene) => {
        scene.seed([{ id: "web", disks: [{ role: "system" }, { role: "data", deletedWithInstance: true }] }]);
        const whole = await scene.adapter.listDependencies(scene.ids("web"));
        let sources = 0;
        for (const api of await readsOfListing(scene)) {
          const heal = scene.world.faults.add({ fault, api });
          const told = await attempt(() => scene.adapter.listDependencies(scene.ids("web")));
          const lost = "error" in told || disksIn(told.answer) < disksIn(whole);
          if (lost) {
            sources += 1;
            const ended = await attempt(() => scene.adapter.terminate(scene.ids("web"), discard));
            if ("answer" in ended) assertStatus(ended.answer[0], "blocked", "failed", "unknown", "not-found");
            assert.ok(scene.world.holds("web"), `it was ended although ${api} did not show its disks`);
          }
          heal();
        }
        assert.ok(sources > 0, "no source of disks was found");
      });
    }

    suite.it(
      "carries the gaps of an earlier report no further than they reach: a fresh look closes them",
      async (scene) => {
        seedRich(scene);
        const [api] = await readsOfListing(scene);
        assert.ok(api);
        const heal = scene.world.faults.add({ fault: "deny", api });
        await attempt(() => scene.adapter.listDependencies(scene.ids("web")));
        heal();
        const report = await scene.adapter.listDependencies(scene.ids("web"));
        const whole = await scene.adapter.listDependencies(scene.ids("web"));
        assert.deepEqual(report.coverage.map(statusOf), whole.coverage.map(statusOf));
      },
    );

    suite.it("finds nothing rather than half when a listing of instances breaks", async (scene) => {
      scene.seed([{ id: "web", tags: { team: "shop" } }]);
      await scene.adapter.whoAmI();
      for (const fault of ["deny", "html", "empty", "truncate", "server-error"] as const) {
        const heal = scene.world.faults.add({ fault, mutating: false });
        const told = await attempt(async () => {
          for await (const record of scene.adapter.findInstances({ tags: { team: "shop" } }))
            assertStatusOfRecord(record);
        });
        heal();
        assert.ok("error" in told, `a listing that answers with "${fault}" was taken for an empty one`);
      }
    });

    suite.it("ends nothing on the strength of a listing that breaks", async (scene) => {
      scene.seed([{ id: "web" }]);
      await scene.adapter.whoAmI();
      for (const fault of ["html", "empty", "truncate", "server-error"] as const) {
        const heal = scene.world.faults.add({ fault, mutating: false });
        const told = await attempt(() => scene.adapter.terminate(scene.ids("web"), discard));
        heal();
        if ("answer" in told) assertStatus(told.answer[0], "blocked", "failed", "unknown");
        assert.ok(scene.world.holds("web"), `ended although reads answered with "${fault}"`);
      }
    });
  });
}

/** The APIs one listing reads, in a process that already knows whose credentials these are. */
async function readsOfListing(scene: Scene): Promise<readonly string[]> {
  await scene.adapter.listDependencies(scene.ids("web"));
  const from = scene.world.requests.length;
  await scene.adapter.listDependencies(scene.ids("web"));
  const apis = apisOf(scene.world.requests.slice(from));
  assert.ok(apis.length > 0);
  return apis;
}

/** Fails when something is missing from a report and its coverage reads as if nothing were. */
function assertNothingHidden(whole: DependencyReport, broken: DependencyReport, what: string, fault: Trouble): void {
  const worse = broken.coverage.filter((line) => {
    const before = whole.coverage.find((one) => one.kind === line.kind && one.source === line.source);
    return line.status !== "checked" && before?.status === "checked";
  });
  const lost = whole.edges.filter((edge) => !broken.edges.some((one) => sameEdge(one, edge)));
  const missing = broken.instances.some((one) => one.status === "not-found");
  // A list that is null can mean an empty one on some clouds; then only what is lost has to show.
  if (fault === "null-lists" && lost.length === 0) return;
  if (missing && fault === "null-lists") return;
  assert.ok(worse.length > 0, `${what} left no trace in the coverage`);
  assert.ok(!missing, `${what} made an instance that stands "not found"`);
}

function sameEdge(one: DependencyReport["edges"][number], other: DependencyReport["edges"][number]): boolean {
  return one.instanceId === other.instanceId && one.node.kind === other.node.kind && one.node.id === other.node.id;
}

function disksIn(report: DependencyReport): number {
  return report.edges.filter((edge) => edge.node.kind === "disk").length;
}

function statusOf(line: CoverageLine): string {
  return `${line.kind}/${line.source}/${line.status}`;
}

function assertStatusOfRecord(record: { readonly id: string }): void {
  assert.notEqual(record.id, "");
}
