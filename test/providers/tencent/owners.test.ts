import { describe, expect, it } from "vitest";
import { fakeTencent } from "../../../providers/tencent/fake/index.js";
import { discard, expectBlocked } from "./for-test.js";
import { inProcessAdapter } from "./in-process.js";

/** A server with tags, and perhaps more to say of itself than the fake knows. */
function seeded(tags: Readonly<Record<string, string>>, fields: object = {}) {
  const fake = fakeTencent({ region: "ap-guangzhou" });
  fake.seed([{ id: "web", tags }]);
  const adapter = inProcessAdapter(fake, undefined, (action, answer) => {
    const items: unknown =
      action === "DescribeInstances" && answer instanceof Object && Reflect.get(answer, "InstanceSet");
    return Array.isArray(items)
      ? { ...Object(answer), InstanceSet: items.map((item) => ({ ...item, ...fields })) }
      : answer;
  });
  return { fake, adapter, id: fake.id("web") };
}

describe("a node of Elastic MapReduce", () => {
  // Nobody else tells: CVM refuses such a node only at the very end ("FailedOperation.InvalidInstanceApplicationRoleEmr").
  it("is owned, by the tag that is all there is to see of it", async () => {
    const { fake, adapter, id } = seeded({ "emr-cluster-id": "emr-12345678" });
    expect((await adapter.listDependencies([id])).edges).toContainEqual(
      expect.objectContaining({
        node: { kind: "managed-service", id: "emr-12345678" },
        relation: "owned-by",
        effect: "blocks",
      }),
    );
    expectBlocked((await adapter.terminate([id], discard))[0], "owned");
    expect(fake.requests.filter(({ mutating }) => mutating)).toEqual([]);
  });

  it("goes where its owner is accepted", async () => {
    const { adapter, id } = seeded({ "emr-cluster-id": "emr-12345678" });
    const cloudOptions = { acceptOwners: ["managed-service"] };
    expect((await adapter.terminate([id], { ...discard, cloudOptions }))[0]).toMatchObject({ status: "accepted" });
  });
});

it("tags by which people name a stack or a cluster tell, and do not block", async () => {
  const { adapter, id } = seeded({ Terraform: "shop", "tke-clusterId": "cls-12345678" });
  const { edges } = await adapter.listDependencies([id]);
  expect(edges.filter(({ node }) => ["stack", "cluster-node"].includes(node.kind))).toMatchObject([
    { relation: "inferred", effect: "report" },
    { relation: "inferred", effect: "report" },
  ]);
  expect((await adapter.terminate([id], discard))[0]).toMatchObject({ status: "accepted" });
});

it("clusters that an instance names itself are told, with what is paid for whatever runs there", async () => {
  const { adapter, id } = seeded({}, { HpcClusterId: "hpc-12345678", DedicatedClusterId: "cluster-12345678" });
  const { nodes } = await adapter.listDependencies([id]);
  expect(nodes).toContainEqual(expect.objectContaining({ kind: "placement", id: "hpc-12345678", billing: "none" }));
  expect(nodes).toContainEqual(
    expect.objectContaining({ kind: "dedicated-host", id: "cluster-12345678", billing: "continues" }),
  );
});

it("a release timer that may not be read keeps a termination back, as the cloud would where one runs", async () => {
  const { fake, adapter, id } = seeded({});
  fake.faults.add({ fault: "deny", api: "cvm:DescribeInstancesActionTimer" });
  expect((await adapter.listDependencies([id])).coverage).toContainEqual(
    expect.objectContaining({ kind: "schedule", gate: "required", status: "denied" }),
  );
});

// The count is the cloud's own and whole; a listing that is held to tags can show less.
it.each(["mysql", "redis"])("S01 a %s database that is counted and not shown is a gap, not none", async (variant) => {
  const fake = fakeTencent({ region: "ap-guangzhou" });
  fake.seed({
    securityGroups: [{ id: "app" }],
    instances: [{ id: "web", securityGroups: ["app"] }],
    owners: [{ kind: "database", id: "db", members: ["app"], variant }],
  });
  const empty = { TotalCount: 0, Items: [], InstanceSet: [] };
  const isHidden = (action: string, answer: unknown) =>
    action === "DescribeDBInstances" || (answer instanceof Object && JSON.stringify(answer).includes("crs-"));
  const adapter = inProcessAdapter(fake, undefined, (action, answer) => (isHidden(action, answer) ? empty : answer));
  const { coverage } = await adapter.listDependencies([fake.id("web")]);
  const source = variant === "mysql" ? "cdb:DescribeDBInstances" : "redis:DescribeInstanceSecurityGroup";
  expect(coverage).toContainEqual(expect.objectContaining({ kind: "database", source, status: "partial" }));
});
