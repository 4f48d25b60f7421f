/*
 * What EC2 does that nobody would guess, one test per fact that the adapter acts on. Each names where AWS, or the SDK,
 * says so.
 */
import { TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it, onTestFinished } from "vitest";
import { aws } from "../../../providers/aws/index.js";
import type { JsonValue } from "../../../src/common.js";
import { awsWorld, discard, expectBlocked, mutations, otherTool, sent, settle, sighting } from "./for-test.js";
import { startHttp } from "./http.js";
import { allow, host, ruleNames } from "./rules.js";
import type { AwsWorld } from "./world.js";

const patience = { deadlineMs: 6 * 3_600_000 } as const;

/** One of everything an adapter does, so that all its requests are in the log. */
async function wholeJob(world: AwsWorld, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `web-${index}`);
  world.seed({
    securityGroups: [{ id: "fleet" }],
    instances: names.map((id) => ({ id, securityGroups: ["fleet"] })),
  });
  const ids = names.map((name) => world.id(name));
  const before = await world.adapter.listDependencies(ids, { protectionCheck: "by-cloud" });
  await world.adapter.releaseSecurityRules(ids);
  await world.adapter.terminate(ids, { ...discard, protectionCheck: "by-cloud" });
  await settle(world);
  const records = before.instances.flatMap((one) => (one.status === "found" ? [one.record] : []));
  await world.adapter.verifyDeleted(records, { before, ...patience });
}

function filtersOf(
  parameters: Readonly<Record<string, JsonValue>>,
): readonly { Name?: JsonValue; Value?: JsonValue }[] {
  const filters = parameters.Filter;
  return Array.isArray(filters) ? filters.map((filter) => Object.fromEntries(Object.entries(filter ?? {}))) : [];
}

describe("quirks of EC2: what is listed", () => {
  // EC2 API reference, DescribeInstances: "IncludeManagedResources"; GetManagedResourceVisibility can hide them.
  it("sees instances that an account hides because a service operates them, and never calls one not found", async () => {
    const world = await awsWorld();
    world.seed([{ id: "node", managedBy: "eks.amazonaws.com" }]);
    expectBlocked((await world.adapter.terminate([world.id("node")], discard))[0], "owned");
    const listing = world.requests.filter(({ api }) =>
      ["ec2:DescribeInstances", "ec2:DescribeVolumes", "ec2:DescribeNetworkInterfaces"].includes(api),
    );
    expect(listing.length).toBeGreaterThan(0);
    for (const { parameters } of listing) expect(String(parameters.IncludeManagedResources)).toBe("true");
  });

  // EC2 API reference, DescribeInstances: "You cannot specify this parameter and the instance IDs parameter in the same
  // request"; a named id that is absent fails the whole call.
  it("asks by filter and page, never by ids and page", async () => {
    const world = await awsWorld();
    await wholeJob(world, 3);
    for (const { api, parameters, mutating } of world.requests) {
      if (mutating || !api.startsWith("ec2:Describe")) continue;
      const ids = ["InstanceId", "VolumeId", "NetworkInterfaceId", "SnapshotId"].filter((key) => key in parameters);
      expect(ids.length === 0 || !("MaxResults" in parameters) || api === "ec2:DescribeInstanceAttribute").toBe(true);
    }
  });

  // Observed as FilterLimitExceeded above 200 values.
  it("puts at most 200 values into a filter", async () => {
    const world = await awsWorld();
    await wholeJob(world, 260);
    const lengths = world.requests.flatMap(({ parameters }) =>
      filtersOf(parameters).map(({ Value }) => (Array.isArray(Value) ? Value.length : 1)),
    );
    expect(lengths.length).toBeGreaterThan(0);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(200);
  });

  // EC2 User Guide, "Terminate Amazon EC2 instances": a terminated instance stays visible for about an hour, and its
  // disks, interfaces and tags go first.
  it("takes an instance that is still listed as terminated for gone, and learns nothing more from it", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const record = await sighting(world, "web");
    await world.adapter.terminate([record], discard);
    await settle(world);
    const tombstone = await sighting(world, "web");
    expect(tombstone).toMatchObject({ state: { unified: "gone", raw: "terminated" }, disks: [] });
    expect((await world.adapter.terminate([tombstone], discard))[0]).toMatchObject({ status: "already-gone" });
    expect((await world.adapter.verifyDeleted([record], patience))[0]).toMatchObject({ status: "deleted" });
  });

  // EC2 API reference, DescribeInstanceAttribute: one attribute of one instance a request; neither protection is a field
  // of DescribeInstances.
  it("reads two attributes per instance to know that it is unprotected, and none by the cloud's own word", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }, { id: "db" }]);
    const ids = [world.id("web"), world.id("db")];
    await world.adapter.terminate(ids, { ...discard, dryRun: true });
    expect(sent(world, "ec2:DescribeInstanceAttribute")).toHaveLength(4);
    const from = world.requests.length;
    await world.adapter.terminate(ids, { ...discard, dryRun: true, protectionCheck: "by-cloud" });
    expect(sent(world, "ec2:DescribeInstanceAttribute", from)).toEqual([]);
  });
});

describe("quirks of EC2: what a request does", () => {
  // EC2 API reference, TerminateInstances: "If you terminate multiple instances across multiple Availability Zones, and one
  // or more of the specified instances are enabled for termination protection, the request fails with the following
  // results": its zone is spared, the others are terminated.
  it("knows that a refused batch may have ended some: in one request across zones, and never in ours", async () => {
    const world = await awsWorld();
    world.seed([
      { id: "kept", zone: "eu-west-1a", terminationProtection: true },
      { id: "spared", zone: "eu-west-1a" },
      { id: "ended", zone: "eu-west-1b" },
    ]);
    const InstanceIds = ["kept", "spared", "ended"].map((name) => world.id(name));
    const refusal = otherTool(world).send(new TerminateInstancesCommand({ InstanceIds }));
    await expect(refusal).rejects.toMatchObject({ name: "OperationNotPermitted" });
    await settle(world);
    expect([world.holds("kept"), world.holds("spared"), world.holds("ended")]).toEqual([true, true, false]);
    const from = world.requests.length;
    await world.adapter.terminate(InstanceIds, { ...discard, protectionCheck: "by-cloud" });
    for (const { instanceIds } of sent(world, "ec2:TerminateInstances", from)) {
      expect(instanceIds).not.toContain(world.id("ended"));
    }
    await settle(world);
    expect([world.holds("kept"), world.holds("spared")]).toEqual([true, false]);
  });

  // The message alone says which of the two: "Modify its 'disableApiStop' instance attribute and try again".
  it("knows that stop protection refuses a termination, too", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", stopProtection: true }]);
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, protectionCheck: "by-cloud" });
    expectBlocked(outcome, "protected");
    expect(JSON.stringify(outcome)).toContain("stop protection");
  });

  // EC2 API reference, DryRun: "If you have the required permissions, the error response is DryRunOperation".
  it("reads the error DryRunOperation as leave, and learns nothing of protection from it", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", terminationProtection: true }]);
    const [outcome] = await world.adapter.terminate([world.id("web")], {
      ...discard,
      dryRun: true,
      protectionCheck: "by-cloud",
    });
    expect(outcome).toMatchObject({ status: "would-terminate", permissionChecked: true });
    expect(world.requests.some(({ dryRun, cloudCode }) => dryRun && cloudCode === "DryRunOperation")).toBe(true);
    expect(mutations(world)).toEqual([]);
  });

  // EC2 User Guide, Auto Scaling: a member that is terminated behind the group's back is replaced.
  it("ends no member of a scaling group, which would launch another", async () => {
    const world = await awsWorld();
    world.seed({
      instances: [{ id: "web" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"], replaces: true }],
    });
    expectBlocked((await world.adapter.terminate([world.id("web")], discard))[0], "owned");
    await settle(world);
    expect(world.view().instances).toHaveLength(1);
  });

  // EC2 API reference, CreateSnapshots: no retention parameter, and no client token.
  it("gives a snapshot its end by a tag, since EBS deletes none by itself", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    await world.adapter.snapshot([world.id("web")], { runId: "test", retentionDays: 7, ...patience });
    const [copy] = world.view().snapshots;
    const days = (Date.parse(copy?.tags["cloud-decom:expires"] ?? "") - world.clock.now()) / 86_400_000;
    expect(Math.round(days)).toBe(7);
    await world.clock.advance(30 * 86_400_000);
    expect(world.view().snapshots).toHaveLength(1);
  });

  // EC2 API reference, AuthorizeSecurityGroupIngress: InvalidPermission.Duplicate.
  it("takes a rule that somebody has put back already for done", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const ip = (await sighting(world, "web")).privateIps[0] ?? "";
    const rule = allow("from-web", host(ip));
    world.seed({ securityGroups: [{ id: "db", foreignUsers: ["interface"], rules: [rule] }] });
    const [released] = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "own-address" });
    await world.adapter.revert(released?.effects ?? [], patience);
    await settle(world);
    const from = world.requests.length;
    const [again] = await world.adapter.revert(released?.effects ?? [], patience);
    expect(again).toMatchObject({ status: "already-reverted" });
    expect(mutations(world, from)).toEqual([]);
    expect(ruleNames(world)).toEqual(["from-web"]);
  });
});

describe("quirks of the AWS SDK", () => {
  const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" };
  const target = ["i-0123456789abcdef0"];
  async function adapterTo(answer: Parameters<typeof startHttp>[0], totalMs = 60) {
    const http = await startHttp(answer);
    onTestFinished(() => http.close());
    return aws({ region: "eu-west-1", endpoint: http.url, credentials, timeouts: { totalMs } });
  }

  // client-ec2 3.1169: `requestTimeout` without `throwOnRequestTimeout` only warns, and the call hangs for ever.
  it("ends a request that is never answered", async () => {
    const adapter = await adapterTo(() => undefined);
    await expect(adapter.whoAmI({ deadlineMs: 200 })).rejects.toMatchObject({ code: "timeout" });
  });

  // client-ec2 3.1169: headers and then silence hang for ever without `socketTimeout`.
  it("ends a request whose answer stops half way", async () => {
    const adapter = await adapterTo((_, response) => {
      response.writeHead(200, { "content-type": "text/xml" });
      response.write("<GetCallerIdentityResponse>");
    });
    await expect(adapter.whoAmI({ deadlineMs: 200 })).rejects.toMatchObject({ code: "timeout" });
  });

  // client-ec2 3.1169: a web page with status 200 is read as an answer with nothing in it. Every answer of AWS carries
  // `x-amzn-requestid`.
  it("takes no web page for an empty answer", async () => {
    const adapter = await adapterTo((_, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<!DOCTYPE html><html><body>Sign in</body></html>");
    });
    await expect(adapter.whoAmI({ deadlineMs: 30_000 })).rejects.toMatchObject({ code: "service" });
    await expect(adapter.terminate(target, { ...discard, deadlineMs: 30_000 })).rejects.toMatchObject({
      code: "service",
    });
  });

  // The SDK's own retries (three attempts by default) would repeat mutations unseen.
  it("sends a mutation once per announcement, since the SDK's retries are off", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "server-error", api: "ec2:CreateTags", times: 1 });
    const announced: string[] = [];
    await world.adapter.tagInstances(
      [world.id("web")],
      { set: { owner: "test" } },
      {
        recorder: { intent: async ({ api }) => void announced.push(api), settled: async () => undefined },
      },
    );
    expect(sent(world, "ec2:CreateTags")).toHaveLength(announced.length);
  });
});
