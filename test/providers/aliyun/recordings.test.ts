import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { aliyunCalls, type OpenAliyunCall } from "../../../providers/aliyun/call.js";
import { readClassicBackends } from "../../../providers/aliyun/dependencies/classic-balancers.js";
import { readSecurityGroups } from "../../../providers/aliyun/dependencies/security-groups.js";
import { listDependencies } from "../../../providers/aliyun/dependencies.js";
import { diskFacts } from "../../../providers/aliyun/disk-facts.js";
import { fakeAliyun } from "../../../providers/aliyun/fake/index.js";
import { readInstances, readInterfaces } from "../../../providers/aliyun/instances.js";
import { serveOnLoopback } from "../../../src/testing/http-loopback.js";
import type { WorldSeed } from "../../../src/testing/seed.js";
import * as expected from "./recordings.expected.js";

const home = fileURLToPath(new URL("../../../../shared/recordings/aliyun", import.meta.url));
const present = existsSync(home);
if (!present) console.warn(`SKIPPED: no recordings of Alibaba Cloud answers at ${home}.`);

/** Answers of actions in place of the fake's own: a body, and whether it is an error. */
type Canned = Readonly<Record<string, { readonly body: string; readonly status: number }>>;

function bodyOf(file: string): string {
  return readFileSync(`${home}/${file}`, "utf8");
}

/** The recorded answer to its action. Tokens in documents lead nowhere, so the first page is the last. */
function canned(file: string, change: (body: string) => string = (body) => body): Canned {
  const action = file.split("/")[1] ?? "";
  const body = change(bodyOf(file)).replace(/"NextToken": ?"[^"]*"/, '"NextToken": ""');
  return { [action]: { body, status: 200 } };
}

/** A fake whose answers to some actions are recorded ones, behind the official SDK. */
async function world(answers: Canned, seed: WorldSeed = {}) {
  const fake = fakeAliyun();
  fake.seed(seed);
  const server = await serveOnLoopback(async (request) => {
    const answer = answers[request.headers.get("x-acs-action") ?? ""];
    if (!answer) return await fake.fetch(request);
    return new Response(answer.body, { status: answer.status, headers: { "content-type": "application/json" } });
  });
  onTestFinished(() => server.close());
  const open: OpenAliyunCall = aliyunCalls({
    region: "cn-hangzhou",
    endpoint: server.url,
    credentials: { accessKeyId: "LTAI-reader", accessKeySecret: "not-a-secret" },
    clock: fake.clock,
  });
  return { fake, open };
}

const each = <T>(table: Readonly<Record<string, T>>) => Object.entries(table);

describe.skipIf(!present)("recorded answers", () => {
  it.each(each(expected.instances))("%s: instances", async (file, meant) => {
    const { open } = await world(canned(file));
    const { byId } = await readInstances(
      await open("reads"),
      meant.map(({ id }) => id),
    );
    for (const one of meant) {
      const seen = byId.get(one.id);
      expect(seen?.record).toMatchObject({
        name: one.name,
        state: { unified: "running" },
        billing: { unified: one.billing },
        protection: { termination: one.protection, locks: [] },
        privateIps: one.privateIps,
        securityGroupIds: one.groups,
        tags: one.tags,
      });
      expect(seen?.record.billing.expiresAt).toBeUndefined();
      expect(seen?.record.scheduledReleaseAt).toBe(one.scheduledReleaseAt);
      expect(seen?.record.publicAddresses.map(({ ip, kind }) => [ip, kind])).toEqual(one.addresses);
      expect(seen?.record.networkInterfaces.map(({ primary }) => primary)).toEqual([true]);
      expect(seen?.facts.dedicatedHostId).toBe(one.host);
    }
  });

  it("S02 does not count disks as read of an instance that shows no system disk", async () => {
    const file = "ecs/DescribeInstances/jclouds-instances-first.json";
    const { open } = await world(canned(file));
    const ids = (expected.instances[file] ?? []).map(({ id }) => id);
    const { coverage } = await listDependencies(open, ids);
    const line = coverage.find(({ source }) => source === "ecs:DescribeDisks");
    expect(line).toMatchObject({ status: "partial", instanceIds: expect.arrayContaining(ids) });
  });

  it.each(each(expected.disks))("%s: disks", async (file, meant) => {
    const { open } = await world(canned(file));
    const rows = await (await open("reads")).pages("ecs", "DescribeDisks");
    const told = rows.map(diskFacts).map((disk) => ({
      id: disk.id,
      ...(disk.attachments[0] === undefined ? {} : { instanceId: disk.attachments[0].instanceId }),
      role: disk.role,
      sizeGiB: disk.sizeGiB,
      dies: disk.deleteWithInstance,
      portable: disk.portable,
      automatic: disk.deleteAutoSnapshot,
      encrypted: disk.encrypted,
    }));
    expect(told).toEqual(meant);
  });

  it.each(each(expected.opinions))("%s: the second opinion on disks", async (file, meant) => {
    const { open } = await world(canned(file));
    const rows = await (await open("reads")).pages("ecs", "DescribeDisksFullStatus");
    expect(rows.map((row) => [row.text("InstanceId"), row.text("DiskId")])).toEqual(meant);
  });

  it.each(each(expected.interfaces))("%s: interfaces", async (file, meant) => {
    const { open } = await world(canned(file));
    const [found] = await readInterfaces(await open("reads"), [meant.id]);
    expect(found).toMatchObject({
      id: meant.id,
      primary: meant.primary,
      instanceId: meant.instanceId,
      securityGroupIds: meant.groups,
      privateIps: meant.privateIps,
      addresses: meant.addresses,
      deleteOnRelease: meant.deleteOnRelease,
      serviceManaged: meant.serviceManaged,
    });
  });

  it.each(each(expected.groups))("%s: groups, none of them known to be the network's own", async (file, meant) => {
    const { open } = await world(canned(file, (body) => body.replace(/"TotalCount": ?\d+/, '"TotalCount": 1')));
    const found = await readSecurityGroups(await open("reads"));
    expect(Object.fromEntries([...found.values()].map(({ id, vpcId }) => [id, vpcId]))).toEqual(meant);
    expect([...found.values()].some(({ isDefault }) => isDefault)).toBe(false);
  });

  it.each(expected.unreadable)("%s: S01 a shape that cannot be read shows as not checked", async (file, source) => {
    const { fake, open } = await world(canned(file), {
      securityGroups: [{ id: "app", rules: [{ direction: "ingress", peer: { kind: "any" } }] }],
      instances: [{ id: "web", securityGroups: ["app"] }, { id: "db" }],
      owners: [{ kind: "load-balancer-target", id: "pair", members: ["web", "db"], variant: "clb-pair" }],
    });
    const { coverage } = await listDependencies(open, [fake.id("web")]);
    const lines = coverage.filter((line) => line.source === source);
    expect(lines.some(({ status, reason }) => status === "partial" && reason !== undefined)).toBe(true);
  });

  it.each(each(expected.shown))("%s: what hangs on an instance", async (file, { instanceId, kind, id, effect }) => {
    // The instance of the document is played by one of the fake's.
    const { fake, open } = await world({}, { instances: [{ id: "web" }] });
    const played = await world(
      canned(file, (body) => body.replaceAll(instanceId, fake.id("web"))),
      { instances: [{ id: fake.id("web") }] },
    );
    const { edges } = await listDependencies(played.open, [fake.id("web")]);
    expect(edges.find(({ node }) => node.kind === kind && node.id === id)).toMatchObject({ effect });
    expect((await listDependencies(open, [fake.id("web")])).edges.some(({ node }) => node.id === id)).toBe(false);
  });

  it.each(each(expected.backends))("%s: backends of classic balancers", async (file, meant) => {
    const { open } = await world(canned(file), {
      instances: [{ id: "web" }],
      owners: [{ kind: "load-balancer-target", id: "group", members: ["web"], variant: "clb-group" }],
    });
    const found = await readClassicBackends(await open("reads"));
    const told = found.map(({ serverId, port, weight }) => `${serverId} ${port ?? "-"} ${weight}`);
    expect(told).toEqual(expect.arrayContaining([...meant]));
  });

  it("takes an answer for a success although it carries a code", async () => {
    const { open } = await world({
      DescribeRouteTableList: { body: bodyOf(expected.successWithCode), status: 200 },
    });
    const rows = await (await open("reads")).pages("vpc", "DescribeRouteTableList", { VpcId: "vpc-1" });
    expect(rows.map((row) => row.text("RouteTableId"))).toEqual(["vtb-j6c60lectdi80rk5xz43g"]);
  });

  it.each(each(expected.errors))("%s: an error, known by its code alone", async (file, code) => {
    const { open } = await world({ DescribeInstances: { body: bodyOf(file), status: 400 } });
    const call = await open("reads");
    await expect(call.pages("ecs", "DescribeInstances")).rejects.toMatchObject({ problem: { code } });
  });
});
