import { describe, expect, it } from "vitest";
import { matchesPolicy, readSelection } from "../../../providers/aws/dependencies/backup-selection.js";
import { listDependencies } from "../../../providers/aws/dependencies.js";
import { verifyDeleted } from "../../../providers/aws/verify.js";
import type { DependencyEdge, DependencyKind, DependencyReport } from "../../../src/dependencies.js";
import type { SeedInstance, SeedOwner } from "../../../src/testing/seed.js";
import { Wire } from "../../../src/wire.js";
import { cannedCalls, plainRegion } from "./canned.js";
import { type ReadingWorld, readingWorld } from "./reading-world.js";

const id = "i-0123456789abcdef0";

/** A listing of one instance that one thing uses. */
async function used(
  owner: Omit<SeedOwner, "id" | "members"> & Partial<Pick<SeedOwner, "members">>,
  instance: Partial<SeedInstance> = {},
): Promise<{
  readonly world: ReadingWorld;
  readonly report: DependencyReport;
  readonly edges: readonly DependencyEdge[];
}> {
  const world = await readingWorld();
  world.fake.seed({
    securityGroups: [{ id: "app" }],
    instances: [{ id: "web", securityGroups: ["app"], disks: [{ id: "root", role: "system" }], ...instance }],
    owners: [{ members: ["web"], ...owner, id: "thing" }],
  });
  const report = await listDependencies(world.open, [world.fake.id("web")]);
  return { world, report, edges: report.edges.filter(({ node }) => node.kind === owner.kind) };
}

const gate = (report: DependencyReport, source: string) => report.coverage.find((line) => line.source === source)?.gate;

describe("classic load balancers", () => {
  it("are to be left first while they send traffic, and show what is left when the instance is gone", async () => {
    const { world, report, edges } = await used({ kind: "load-balancer-target", variant: "classic" });
    expect(edges).toMatchObject([
      { effect: "release-first", node: { id: world.fake.id("thing") }, source: "elb:DescribeLoadBalancers" },
    ]);
    expect(gate(report, "elb:DescribeLoadBalancers")).toBe("required");
    const record = await world.record("web");
    world.fake.meddle({ remove: ["web"] });
    for (const options of [{ before: report }, {}]) {
      const [verdict] = await verifyDeleted(world.open, [record], options);
      expect(verdict?.leftovers).toContainEqual(
        expect.objectContaining({ kind: "load-balancer-target", id: world.fake.id("thing") }),
      );
    }
  });
});

describe("DNS records", () => {
  it("S26 block where they name an address that is given up with the instance", async () => {
    const { report, edges } = await used(
      { kind: "dns-record", variant: "public" },
      { addresses: [{ kind: "ephemeral" }] },
    );
    expect(edges).toMatchObject([{ effect: "blocks" }]);
    expect(edges[0]?.node.id).toMatch(/^Z[0-9A-F]+\/thing\.example\.com\.\/A$/);
    expect(gate(report, "route53:ListResourceRecordSets")).toBe("required");
  });

  it.each([
    ["public", [{ id: "front", kind: "elastic" }]],
    ["private", []],
    ["cname", []],
  ] as const)("are shown where they lead to a %s name or address that stays ours", async (variant, addresses) => {
    const { edges } = await used({ kind: "dns-record", variant }, { addresses });
    expect(edges).toMatchObject([{ effect: "report", atTermination: "kept" }]);
  });

  it("are carried into the verdict: they lead to nobody now", async () => {
    const { world, report } = await used({ kind: "dns-record", variant: "private" });
    const record = await world.record("web");
    world.fake.meddle({ remove: ["web"] });
    const [verdict] = await verifyDeleted(world.open, [record], { before: report });
    expect(verdict?.leftovers).toMatchObject([{ kind: "dns-record", billing: "none" }]);
  });

  it("are read over pages, which start at a name, a type and an identifier", async () => {
    const record = (Name: string, Value: string) => ({ Name, Type: "A", ResourceRecords: [{ Value }] });
    const { open, sent } = cannedCalls(
      plainRegion({
        "route53:ListHostedZones": { HostedZones: [{ Id: "/hostedzone/Z1", Name: "x." }], IsTruncated: false },
        "route53:ListResourceRecordSets": (input) =>
          input.StartRecordName === undefined
            ? {
                ResourceRecordSets: [record("a.x.", "192.0.2.1")],
                IsTruncated: true,
                NextRecordName: "b.x.",
                NextRecordType: "A",
                NextRecordIdentifier: "blue",
              }
            : { ResourceRecordSets: [record("b.x.", "10.0.0.5")], IsTruncated: false },
      }),
    );
    const { edges } = await listDependencies(open, [id]);
    expect(edges.filter(({ node }) => node.kind === "dns-record").map(({ node }) => node.id)).toEqual(["Z1/b.x./A"]);
    expect(sent.filter(({ api }) => api === "route53:ListResourceRecordSets").at(-1)?.input).toMatchObject({
      HostedZoneId: "Z1",
      StartRecordName: "b.x.",
      StartRecordType: "A",
      StartRecordIdentifier: "blue",
    });
  });

  it("leave a required gap when one zone may not be read", async () => {
    const world = await readingWorld();
    world.fake.seed({ instances: [{ id: "web" }], owners: [{ kind: "dns-record", id: "www", members: ["web"] }] });
    world.fake.faults.add({ fault: "deny", api: "route53:ListResourceRecordSets" });
    const { coverage } = await listDependencies(world.open, [world.fake.id("web")]);
    expect(coverage.find(({ kind }) => kind === "dns-record")).toMatchObject({ gate: "required", status: "denied" });
  });
});

describe("ECS", () => {
  it("holds its nodes until they are drained", async () => {
    const { report, edges } = await used({ kind: "cluster-node", variant: "ecs" });
    expect(edges).toMatchObject([{ effect: "blocks", source: "ecs:DescribeContainerInstances" }]);
    expect(edges[0]?.why).toContain("1 tasks");
    expect(gate(report, "ecs:DescribeContainerInstances")).toBe("required");
  });

  it("is not taken for empty when its answer has no list", async () => {
    const { open } = cannedCalls(plainRegion({ "ecs:ListClusters": {} }));
    const { coverage } = await listDependencies(open, [id]);
    expect(coverage.find(({ source }) => source === "ecs:DescribeContainerInstances")?.status).toBe("partial");
  });
});

describe("what is shown for the reader", () => {
  it.each([
    ["service-discovery", undefined, "servicediscovery:ListInstances"],
    ["alarm", "metric", "cloudwatch:DescribeAlarms"],
    ["backup", undefined, "backup:ListProtectedResources"],
    ["backup-policy", "dlm", "dlm:GetLifecyclePolicy"],
    ["backup-policy", "backup-plan", "backup:GetBackupSelection"],
    ["commitment", "reserved-instances", "ec2:DescribeReservedInstances"],
    ["commitment", "savings-plan", "savingsplans:DescribeSavingsPlans"],
    ["event-window", undefined, "ec2:DescribeInstanceEventWindows"],
    ["file-system", undefined, "ec2:DescribeNetworkInterfaces"],
    ["traffic-mirror", "session", "ec2:DescribeTrafficMirrorSessions"],
    ["other", "flow-log", "ec2:DescribeFlowLogs"],
    ["other", "ssm", "ssm:DescribeInstanceInformation"],
  ] as const)("%s %s is found by %s and blocks nothing", async (kind, variant, source) => {
    const { report, edges } = await used({ kind, ...(variant ? { variant } : {}) });
    expect(edges).toMatchObject([{ effect: "report", source }]);
    expect(gate(report, source)).toBe("report");
  });

  it.each([undefined, "cluster"])("a database that shares a group is a guess (%s)", async (variant) => {
    const { edges } = await used({ kind: "database", members: ["app"], ...(variant ? { variant } : {}) });
    expect(edges).toMatchObject([{ relation: "inferred", effect: "report" }]);
  });

  it("says of an alarm that it can end the instance by itself, and finds the alarm made of it", async () => {
    const { edges: acting } = await used({ kind: "alarm", variant: "action" });
    expect(acting[0]?.why).toContain("terminate");
    const { edges: composite } = await used({ kind: "alarm", variant: "composite" });
    expect(composite).toHaveLength(2);
  });

  it("asks for composite alarms by name, since they are left out otherwise", async () => {
    const { open, sent } = cannedCalls(plainRegion());
    await listDependencies(open, [id]);
    expect(sent.find(({ api }) => api === "cloudwatch:DescribeAlarms")?.input).toMatchObject({
      AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
    });
  });

  it("carries what bills into the verdict", async () => {
    for (const kind of ["alarm", "backup"] satisfies readonly DependencyKind[]) {
      const { world, report } = await used({ kind });
      const record = await world.record("web");
      world.fake.meddle({ remove: ["web"] });
      const [verdict] = await verifyDeleted(world.open, [record], { before: report });
      expect(verdict?.leftovers).toContainEqual(expect.objectContaining({ kind, billing: "continues" }));
      expect(verdict?.clean).toBe(false);
    }
  });
});

describe("what is under way", () => {
  it.each(["replace-root-volume", "snapshot"])("blocks while it is: %s", async (variant) => {
    const { edges } = await used({ kind: "pending-operation", variant });
    expect(edges).toMatchObject([{ effect: "blocks" }]);
  });

  it.each([
    ["modifying", "blocks"],
    ["optimizing", "report"],
  ])("a volume that is %s: %s", async (ModificationState, effect) => {
    const VolumesModifications = [{ VolumeId: "vol-0123456789abcdef0", ModificationState }];
    const { open } = cannedCalls(plainRegion({ "ec2:DescribeVolumesModifications": { VolumesModifications } }));
    const { edges } = await listDependencies(open, [id]);
    expect(edges.filter(({ node }) => node.kind === "pending-operation")).toMatchObject([{ effect }]);
  });
});

describe("a traffic mirror target", () => {
  it("blocks, since its interface cannot be deleted", async () => {
    const { report, edges } = await used({ kind: "traffic-mirror", variant: "target" });
    expect(edges).toMatchObject([{ effect: "blocks", source: "ec2:DescribeTrafficMirrorTargets" }]);
    expect(gate(report, "ec2:DescribeTrafficMirrorTargets")).toBe("required");
  });
});

describe("network ACLs", () => {
  it("that name an address are address lists as well", async () => {
    const { edges } = await used({ kind: "address-list", variant: "network-acl" });
    expect(edges).toMatchObject([{ effect: "report", source: "ec2:DescribeNetworkAcls" }]);
  });
});

describe("selections of backup plans", () => {
  const arn = "arn:aws:ec2:eu-west-1:123456789012:instance/i-1";
  const chosen = (selection: object, tags: Readonly<Record<string, string>> = {}) =>
    matchesPolicy(readSelection(new Wire(selection, "selection")), { arn, tags });
  const equals = (ConditionKey: string, ConditionValue: string) => ({ ConditionKey, ConditionValue });

  it.each([
    ["an ARN", { Resources: [arn] }, {}, true],
    ["a pattern", { Resources: ["arn:aws:ec2:*:*:instance/*"] }, {}, true],
    ["another pattern", { Resources: ["arn:aws:ec2:*:*:volume/*"] }, {}, false],
    ["one of its tags", { ListOfTags: [equals("team", "shop"), equals("team", "hr")] }, { team: "hr" }, true],
    ["no tag of its", { ListOfTags: [equals("team", "shop")] }, { team: "hr" }, false],
    ["all conditions", { Conditions: { StringEquals: [equals("aws:ResourceTag/team", "hr")] } }, { team: "hr" }, true],
    [
      "not all conditions",
      { Resources: ["*"], Conditions: { StringLike: [equals("aws:ResourceTag/team", "s*")] } },
      { team: "hr" },
      false,
    ],
    ["what is taken out again", { Resources: ["*"], NotResources: [arn] }, {}, false],
    ["nothing", {}, {}, false],
  ])("choose by %s", (_, selection, tags, expected) => {
    expect(chosen(selection, tags as Readonly<Record<string, string>>)).toBe(expected);
  });
});
