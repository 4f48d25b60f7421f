import { describe, expect, it } from "vitest";
import { dependencyTable } from "../../../providers/aws/dependencies/table.js";
import { listDependencies } from "../../../providers/aws/dependencies.js";
import { gaps } from "../../../src/coverage.js";
import { cannedCalls, plainRegion, sdkError } from "./canned.js";
import { readingWorld } from "./reading-world.js";

const id = "i-0123456789abcdef0";

/** What the SDK throws for an answer that is no answer of AWS: no code, no request id. */
function webPage(status: number): Error {
  return Object.assign(new Error("XML parse error"), { $metadata: { httpStatusCode: status } });
}

describe("coverage of a listing", () => {
  it("has one line for every row of the table, whatever is found", async () => {
    const { coverage } = await listDependencies(cannedCalls(plainRegion()).open, [id]);
    const names = coverage.map(({ kind, source }) => `${kind} ${source}`);
    expect(names).toEqual(dependencyTable.map(({ kind, source }) => `${kind} ${source}`));
    expect(new Set(names).size).toBe(names.length);
  });

  it("S01 counts an authorised empty answer of a service that denies as checked", async () => {
    const { coverage } = await listDependencies(cannedCalls(plainRegion()).open, [id]);
    expect(coverage.filter(({ status }) => status !== "checked")).toEqual([]);
  });

  it.each(Object.keys(plainRegion()).filter((api) => api !== "ec2:DescribeInstances"))(
    "S01 shows that %s was denied, and answers all the same",
    async (api) => {
      const answers = {
        ...plainRegion({
          "ec2:DescribeManagedPrefixLists": { PrefixLists: [{ PrefixListId: "pl-1", OwnerId: "123456789012" }] },
          "ec2:GetManagedPrefixListEntries": { Entries: [] },
        }),
        [api]: sdkError("UnauthorizedOperation", 403),
      };
      const { open, sent } = cannedCalls(answers);
      const { coverage, instances } = await listDependencies(open, [id]);
      if (!sent.some((command) => command.api === api)) return;
      expect(instances).toMatchObject([{ status: "found" }]);
      const denied = coverage.filter(({ status }) => status === "denied");
      expect(denied.length).toBeGreaterThan(0);
      for (const line of denied) expect(line.reason).toContain("permissions()");
    },
  );

  it("S01 does not take an answer without its list for an empty one", async () => {
    const { coverage } = await listDependencies(cannedCalls(plainRegion({ "ec2:DescribeRouteTables": {} })).open, [id]);
    expect(gaps(coverage)).toMatchObject([{ kind: "route", status: "partial" }]);
  });

  it("S01 does not end a listing at a page that is empty but names a next one", async () => {
    const pages = [
      { RouteTables: [], NextToken: "two" },
      { RouteTables: [{ RouteTableId: "rtb-1", Routes: [{ DestinationCidrBlock: "0.0.0.0/0", InstanceId: id }] }] },
    ];
    const { open } = cannedCalls(plainRegion({ "ec2:DescribeRouteTables": () => pages.shift() ?? {} }));
    const { edges } = await listDependencies(open, [id]);
    expect(edges.find(({ node }) => node.kind === "route")).toMatchObject({ node: { id: "rtb-1/0.0.0.0/0" } });
  });

  it("S01 does not call a listing whole that repeats its token", async () => {
    const page = { RouteTables: [], NextToken: "again" };
    const { coverage } = await listDependencies(cannedCalls(plainRegion({ "ec2:DescribeRouteTables": page })).open, [
      id,
    ]);
    expect(gaps(coverage)).toMatchObject([{ kind: "route", status: "partial" }]);
  });

  it("names the line that installs a package that is missing", async () => {
    const { coverage } = await listDependencies(
      cannedCalls(
        plainRegion({
          "autoscaling:DescribeAutoScalingInstances": Object.assign(
            new Error("Cannot find package '@aws-sdk/client-auto-scaling' imported from x"),
            { code: "ERR_MODULE_NOT_FOUND" },
          ),
        }),
      ).open,
      [id],
    );
    expect(gaps(coverage).map(({ kind }) => kind)).toEqual(["auto-scaling-group"]);
  });

  // moto answers 500 with a web page for an action it lacks, 404 for a path; LocalStack and the JSON services give codes.
  it.each([
    ["a code that says so", sdkError("InvalidAction")],
    ["the code of the JSON services", sdkError("UnknownOperationException")],
    ["the status that says so", sdkError("InternalFailure", 501)],
    ["a web page that knows no such path", webPage(404)],
    ["a web page with a server's error, again and again", webPage(500)],
  ])("S01 calls a source unavailable whose action is not known where the request goes: %s", async (_, error) => {
    const answers = plainRegion({
      "ec2:DescribeRouteTables": error,
      "ssm:DescribeInstanceInformation": error,
      "dlm:GetLifecyclePolicies": error,
    });
    const { coverage, instances } = await listDependencies(cannedCalls(answers).open, [id]);
    expect(instances).toMatchObject([{ status: "found" }]);
    const lines = coverage.filter(({ status }) => status !== "checked");
    expect(lines.map(({ source, status }) => [source, status])).toEqual([
      ["ec2:DescribeRouteTables", "unavailable"],
      ["dlm:GetLifecyclePolicy", "unavailable"],
      ["ssm:DescribeInstanceInformation", "unavailable"],
    ]);
    for (const { reason } of lines) expect(reason).toContain("endpoint");
    expect(gaps(coverage)).toMatchObject([{ kind: "route" }]);
  });

  it("S01 calls a source partial whose trouble is AWS's own, or a gateway's", async () => {
    for (const error of [sdkError("InternalError", 500), webPage(502), webPage(503), webPage(504)]) {
      const answers = plainRegion({ "ec2:DescribeRouteTables": error });
      const { coverage } = await listDependencies(cannedCalls(answers).open, [id]);
      expect(gaps(coverage)).toMatchObject([{ kind: "route", status: "partial" }]);
    }
  });

  it("asks again before it calls a source unavailable for a web page with a server's error", async () => {
    const pages: object[] = [webPage(500), webPage(500), { RouteTables: [] }];
    const { open } = cannedCalls(plainRegion({ "ec2:DescribeRouteTables": () => pages.shift() ?? {} }));
    const { coverage } = await listDependencies(open, [id]);
    expect(gaps(coverage)).toEqual([]);
    expect(pages).toEqual([]);
  });

  it("keeps the lines of what the caller leaves out, as skipped, and does not ask", async () => {
    const { open, sent } = cannedCalls(plainRegion());
    const { coverage } = await listDependencies(open, [id], { skip: ["route", "snapshot"] });
    const skipped = coverage.filter(({ status }) => status === "skipped");
    expect(new Set(skipped.map(({ kind }) => kind))).toEqual(new Set(["route", "snapshot"]));
    expect(sent.map(({ api }) => api)).not.toContain("ec2:DescribeRouteTables");
  });

  it("asks about nobody, and says so, where none of the instances is there", async () => {
    const { open, sent } = cannedCalls(plainRegion({ "ec2:DescribeInstances": { Reservations: [] } }));
    const report = await listDependencies(open, [id]);
    expect(report.instances).toEqual([{ status: "not-found", instanceId: id }]);
    expect(report.coverage.every(({ status }) => status === "skipped")).toBe(true);
    expect(sent.map(({ api }) => api)).toEqual(["sts:GetCallerIdentity", "ec2:DescribeInstances"]);
  });

  it("S03 refuses a record of another account before it reads anything about it", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web" }]);
    const record = await world.record("web");
    const { byApi } = await world.counted(() =>
      expect(listDependencies(world.open, [{ ...record, region: "us-east-1" }])).rejects.toMatchObject({
        code: "wrong-account",
      }),
    );
    expect(byApi).toEqual({});
  });
});

describe("protection", () => {
  it("of both kinds is read and shown, each with its way out", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web", terminationProtection: true }, { id: "db", stopProtection: true }, { id: "free" }]);
    const ids = ["web", "db", "free"].map((name) => world.fake.id(name));
    const { instances, edges } = await listDependencies(world.open, ids);
    const records = instances.flatMap((one) => (one.status === "found" ? [one.record.protection] : []));
    expect(records).toMatchObject([
      { termination: true, stop: false },
      { termination: false, stop: true },
      { termination: false, stop: false },
    ]);
    expect(edges.filter(({ node }) => node.kind === "protection").map(({ node }) => node.id)).toEqual([
      `${ids[0]}/termination`,
      `${ids[1]}/stop`,
    ]);
  });

  it("is not asked of Spot instances, which can have none", async () => {
    const world = await readingWorld();
    world.fake.seed({
      instances: [{ id: "web", billing: "spot" }],
      owners: [{ kind: "spot-request", id: "request", members: ["web"] }],
    });
    const { answer, byApi } = await world.counted(() => listDependencies(world.open, [world.fake.id("web")]));
    expect(byApi["ec2:DescribeInstanceAttribute"]).toBeUndefined();
    expect(answer.coverage.find(({ kind }) => kind === "protection")?.status).toBe("checked");
  });

  it("is left to the cloud where the caller wants it so, and the line says that nobody looked", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web", terminationProtection: true }]);
    const { answer, byApi } = await world.counted(() =>
      listDependencies(world.open, [world.fake.id("web")], { protectionCheck: "by-cloud" }),
    );
    expect(byApi["ec2:DescribeInstanceAttribute"]).toBeUndefined();
    expect(answer.coverage.find(({ kind }) => kind === "protection")).toMatchObject({
      status: "skipped",
      gate: "report",
    });
    const [web] = answer.instances;
    expect(web?.status === "found" && web.record.protection).toMatchObject({ termination: "unknown", stop: "unknown" });
  });

  it("is unknown, and a gap, where the answer does not tell", async () => {
    const { open } = cannedCalls(plainRegion({ "ec2:DescribeInstanceAttribute": { InstanceId: id } }));
    const { coverage, instances } = await listDependencies(open, [id]);
    expect(gaps(coverage)).toMatchObject([{ kind: "protection", status: "partial", instanceIds: [id] }]);
    expect(instances).toMatchObject([{ record: { protection: { termination: "unknown", stop: "unknown" } } }]);
  });

  it("is asked no further once it was denied", async () => {
    const world = await readingWorld();
    const names = Array.from({ length: 40 }, (_, index) => `n${index}`);
    world.fake.seed(names.map((name) => ({ id: name })));
    world.fake.faults.add({ fault: "deny", api: "ec2:DescribeInstanceAttribute" });
    const ids = names.map((name) => world.fake.id(name));
    const { answer, byApi } = await world.counted(() => listDependencies(world.open, ids));
    expect(byApi["ec2:DescribeInstanceAttribute"]).toBeLessThan(20);
    expect(answer.coverage.find(({ kind }) => kind === "protection")).toMatchObject({
      status: "denied",
      gate: "required",
    });
  });
});
