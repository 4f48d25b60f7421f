import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { awsClients } from "../../../providers/aws/clients.js";
import { copyOf, ownCopies } from "../../../providers/aws/copies.js";
import { readClassicBalancers } from "../../../providers/aws/dependencies/classic-balancers.js";
import { readGroupUsers } from "../../../providers/aws/dependencies/group-users.js";
import { readRoutesTo } from "../../../providers/aws/dependencies/routes.js";
import { readScalingGroups, readScalingMembers } from "../../../providers/aws/dependencies/scaling-groups.js";
import { groupsThatName, readSecurityGroups } from "../../../providers/aws/dependencies/security-groups.js";
import { readTargetGroups, readTargets } from "../../../providers/aws/dependencies/target-groups.js";
import { listDependencies } from "../../../providers/aws/dependencies.js";
import { translate } from "../../../providers/aws/errors.js";
import { readInstances, readVolumesOf } from "../../../providers/aws/instances.js";
import { readProtection } from "../../../providers/aws/protection.js";
import { quarantine } from "../../../providers/aws/quarantine.js";
import { services } from "../../../providers/aws/services.js";
import { terminate } from "../../../providers/aws/terminate.js";
import { gaps } from "../../../src/coverage.js";
import { Wire } from "../../../src/wire.js";
import { type Canned, cannedCalls, cannedInstance, cannedVolume, plainRegion } from "./canned.js";
import * as expected from "./recordings.expected.js";

const home = fileURLToPath(new URL("../../../../shared/recordings/aws", import.meta.url));
const present = existsSync(home);
if (!present) console.warn(`SKIPPED: no recordings of AWS answers at ${home}.`);

/** Service of the adapter by folder. */
const folders: Readonly<Record<string, string>> = {
  ec2: "ec2",
  autoscaling: "autoscaling",
  elasticloadbalancing: "elb",
  elasticloadbalancingv2: "elasticloadbalancing",
  rds: "rds",
};

/** The API a recording belongs to, as `service:action`. */
function apiOf(file: string): string {
  const [folder = "", action = ""] = file.split("/");
  // Errors that any action can answer with are tried on the one that matters most.
  return `${folders[folder]}:${action === "_errors" ? "TerminateInstances" : action}`;
}

/** A recorded answer as the SDK hands it on, or the error it throws: wire bodies go through the SDK itself. */
async function recorded(file: string): Promise<object> {
  const text = readFileSync(`${home}/${file}`, "utf8");
  if (file.endsWith(".xml")) return await throughSdk(file, text);
  const parsed = JSON.parse(text, revive);
  const data = parsed.data ?? parsed;
  if (data.Error === undefined) return data;
  const { Code, Message } = data.Error;
  return Object.assign(new Error(Message), { name: Code, Code, $metadata: { httpStatusCode: parsed.status_code } });
}

/** Dates as the recorder wrote them, and as documents do. */
function revive(_: string, value: unknown): unknown {
  if (typeof value === "object" && value !== null && "__class__" in value) {
    const part = (name: string, absent: number) => Number(Reflect.get(value, name) ?? absent);
    return new Date(
      Date.UTC(
        part("year", 0),
        part("month", 1) - 1,
        part("day", 1),
        part("hour", 0),
        part("minute", 0),
        part("second", 0),
      ),
    );
  }
  return value;
}

async function throughSdk(file: string, body: string): Promise<object> {
  const status = file.includes("error") ? 400 : 200;
  const server = createServer((_, response) => {
    response.writeHead(status, { "content-type": "text/xml", "x-amzn-requestid": "recorded" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const clients = awsClients(
    {
      region: "us-east-1",
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: "AKIAHOME", secretAccessKey: "never checked" },
    },
    5_000,
  );
  const [service = "", action = ""] = apiOf(file).split(":");
  try {
    const answer = await clients.send({ service, action, parameters: {} }, AbortSignal.timeout(5_000));
    return answer.body as object;
  } catch (error) {
    return error as object;
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function callWith(file: string, over: Readonly<Record<string, Canned>> = {}) {
  const { open } = cannedCalls(plainRegion({ ...over, [apiOf(file)]: await recorded(file) }));
  return await open("reads");
}

async function reportWith(file: string, over: Readonly<Record<string, Canned>> = {}) {
  const { open } = cannedCalls(plainRegion({ ...over, [apiOf(file)]: await recorded(file) }));
  return await listDependencies(open, ["i-0123456789abcdef0"]);
}

const each = <T>(table: Readonly<Record<string, T>>) => Object.entries(table);

describe.skipIf(!present)("recorded answers", () => {
  it.each(each(expected.instances))("%s: instances", async (file, meant) => {
    const nothing = { "ec2:DescribeVolumes": { Volumes: [] } };
    const call = await callWith(file, nothing);
    const { byId } = await readInstances(
      call,
      meant.map(({ id }) => id),
    );
    expect([...byId.keys()]).toEqual(meant.map(({ id }) => id));
    for (const one of meant) {
      const record = byId.get(one.id)?.record;
      expect(record).toMatchObject({
        state: { unified: one.state },
        billing: { unified: "on-demand" },
        protection: { termination: "unknown", stop: "unknown" },
        tags: one.tags ?? {},
        privateIps: one.privateIps,
        securityGroupIds: one.groups,
      });
      expect(record?.disks.map(({ id }) => id)).toEqual(one.disks);
      expect(record?.publicAddresses.map(({ ip }) => ip)).toEqual(one.publicIps);
      expect(byId.get(one.id)?.facts.profileArn).toBe(one.profile);
    }
  });

  it.each(each(expected.instances))("%s: S02 no disk is unconfirmed unseen", async (file, meant) => {
    const live = meant.filter(({ state }) => state !== "gone");
    if (live.length === 0) return;
    const { open } = cannedCalls(
      plainRegion({ "ec2:DescribeVolumes": { Volumes: [] }, [apiOf(file)]: await recorded(file) }),
    );
    const { coverage } = await listDependencies(
      open,
      live.map(({ id }) => id),
    );
    // The volumes answer nothing here, so neither a listed disk nor a missing system disk may pass for checked.
    expect(gaps(coverage).find(({ source }) => source === "ec2:DescribeVolumes")?.instanceIds).toEqual(
      live.map(({ id }) => id),
    );
  });

  it.each(expected.unreadable)("%s: cannot be read, which is no answer at all", async (file) => {
    const spot = cannedInstance({ InstanceLifecycle: "spot", SpotInstanceRequestId: "sir-1a2b3c4d" });
    const others = { "ec2:DescribeInstances": { Reservations: [{ Instances: [spot] }] } };
    const [id] = ["i-0123456789abcdef0"];
    const { open } = cannedCalls(plainRegion({ ...others, [apiOf(file)]: await recorded(file) }));
    if (apiOf(file) === "ec2:DescribeInstances") {
      await expect(listDependencies(open, [id])).rejects.toMatchObject({ name: "DecommissionError" });
      return;
    }
    const { coverage } = await listDependencies(open, [id]);
    expect(gaps(coverage).map(({ kind }) => kind)).toContain("spot-request");
  });

  it.each(each(expected.volumes))("%s: volumes", async (file, meant) => {
    const call = await callWith(file);
    const found = await readVolumesOf(
      call,
      meant.map(({ instanceId }) => instanceId),
    );
    const told = meant.map(({ id, instanceId }) => {
      const volume = found.get(instanceId)?.find((one) => one.id === id);
      const attachment = volume?.attachments.find((one) => one.instanceId === instanceId);
      return {
        id: volume?.id,
        instanceId: attachment?.instanceId,
        sizeGiB: volume?.sizeGiB,
        dies: attachment?.deleteWithInstance,
        encrypted: volume?.encrypted,
      };
    });
    expect(told).toEqual(meant);
  });

  it.each(each(expected.addresses))("%s: addresses", async (file, meant) => {
    for (const [ip, id] of Object.entries(meant)) {
      const Instances = [
        cannedInstance({
          NetworkInterfaces: [
            {
              NetworkInterfaceId: "eni-1",
              Groups: [],
              PrivateIpAddresses: [],
              Association: { PublicIp: ip, IpOwnerId: "123456789012" },
            },
          ],
        }),
      ];
      const call = await callWith(file, { "ec2:DescribeInstances": { Reservations: [{ Instances }] } });
      const { byId } = await readInstances(call, ["i-0123456789abcdef0"]);
      const [address] = byId.get("i-0123456789abcdef0")?.record.publicAddresses ?? [];
      expect(address).toMatchObject({ ip, kind: "elastic", releasedWithInstance: false });
      expect(address?.id).toBe(id);
    }
  });

  it.each(each(expected.snapshots))("%s: snapshots, none of them ours", async (file, meant) => {
    const answer = new Wire(await recorded(file), file);
    const copies = answer.needList("Snapshots").map(copyOf);
    expect(copies.map(({ id, diskId, state, sizeGiB }) => ({ id, diskId, state, sizeGiB }))).toEqual(meant);
    expect(ownCopies(copies, { cloud: "aws", accountId: copies[0]?.ownerId ?? "", region: "us-east-1" })).toEqual([]);
  });

  it.each(each(expected.routes))("%s: routes", async (file, meant) => {
    const call = await callWith(file);
    const routes = await readRoutesTo(call, new Map([["igw-dcdcc7b9x", "i-1"]]));
    expect(routes.map(({ id }) => id)).toEqual(meant);
  });

  it.each(each(expected.groups))("%s: groups and whom their rules name", async (file, meant) => {
    const groups = await readSecurityGroups(await callWith(file));
    const told = [...groups.values()].map(({ id, isDefault }) => ({
      id,
      isDefault,
      names: [...groups.keys()].filter((other) =>
        groupsThatName(groups, new Set([other])).some((one) => one.id === id),
      ),
    }));
    expect(told).toEqual(meant);
  });

  it.each(each(expected.interfaces))("%s: S22 users of groups", async (file, meant) => {
    const call = await callWith(file);
    const groups = [...new Set(meant.map(([group]) => group))].map((id) => ({ id, name: id }));
    const { uses, unchecked } = await readGroupUsers(call, groups);
    expect(unchecked).toEqual([]);
    expect(uses.map(({ groupId, id, instanceId }) => [groupId, id, instanceId]).sort()).toEqual(
      meant.map((use) => [...use]).sort(),
    );
  });

  it.each(each(expected.references))("%s: S22 references from elsewhere", async (file, meant) => {
    const call = await callWith(file);
    const { uses } = await readGroupUsers(
      call,
      meant.map(([id]) => ({ id, name: id })),
    );
    expect(uses.map(({ groupId, id, kind }) => [groupId, id, kind])).toEqual(
      meant.map((each) => [...each, "peer-reference"]),
    );
  });

  it.each(each(expected.protections))("%s: protection", async (file, meant) => {
    const call = await callWith(file);
    const seen = await readInstances(call, ["i-0123456789abcdef0"]);
    const { byId } = await readProtection(call, [...seen.byId.values()]);
    expect(byId.get("i-0123456789abcdef0")).toEqual(meant);
  });

  it.each(each(expected.hosts))("%s: hosts", async (file, meant) => {
    for (const [HostId, others] of Object.entries(meant)) {
      const Instances = [cannedInstance({ Placement: { AvailabilityZone: "us-east-1b", HostId } })];
      const { open } = cannedCalls(
        plainRegion({
          "ec2:DescribeInstances": { Reservations: [{ Instances }] },
          [apiOf(file)]: await recorded(file),
        }),
      );
      const { edges } = await listDependencies(open, ["i-0123456789abcdef0"]);
      const why = edges.find(({ node }) => node.kind === "dedicated-host")?.why;
      expect(why).toContain(others === 0 ? "Nobody else" : `${others} others`);
    }
  });

  it.each(each(expected.images))("%s: images", async (file, meant) => {
    const { open } = cannedCalls(plainRegion({ [apiOf(file)]: await recorded(file) }));
    const { edges } = await listDependencies(open, ["i-0123456789abcdef0"]);
    expect(edges.filter(({ node }) => node.kind === "image").map(({ node }) => node.id)).toEqual(meant);
  });

  it.each(each(expected.targetGroups))("%s: target groups", async (file, meant) => {
    const groups = await readTargetGroups(await callWith(file));
    expect(groups.map(({ name, targetType, vpcId }) => ({ name, targetType, vpcId }))).toEqual(meant);
  });

  it.each(each(expected.targets))("%s: targets", async (file, meant) => {
    expect(await readTargets(await callWith(file), "arn")).toEqual(meant);
  });

  it.each(each(expected.classicBalancers))("%s: classic load balancers", async (file, meant) => {
    expect(await readClassicBalancers(await callWith(file))).toEqual(meant);
  });

  it.each(each(expected.databases))("%s: databases, and whether their groups are told", async (file, status) => {
    const { coverage, edges } = await reportWith(file);
    expect(coverage.find(({ source }) => source === "rds:DescribeDBInstances")).toMatchObject({ status });
    expect(edges.filter(({ node }) => node.kind === "database")).toEqual([]);
  });

  it.each(each(expected.commitments))("%s: commitments", async (file, meant) => {
    for (const { type, ids } of meant) {
      const Instances = [cannedInstance({ InstanceType: type })];
      const { edges } = await reportWith(file, { "ec2:DescribeInstances": { Reservations: [{ Instances }] } });
      expect(edges.filter(({ node }) => node.kind === "commitment").map(({ node }) => node.id)).toEqual(ids);
    }
  });

  it.each(each(expected.profiles))("%s: who else has a profile", async (file, meant) => {
    for (const [Arn, others] of Object.entries(meant)) {
      const Instances = [cannedInstance({ IamInstanceProfile: { Arn } })];
      const { edges } = await reportWith(file, { "ec2:DescribeInstances": { Reservations: [{ Instances }] } });
      const told = edges.filter(({ node }) => node.kind === "instance-role").map(({ why }) => why);
      expect(told).toContainEqual(expect.stringContaining(`${others} other instances`));
    }
  });

  it.each(each(expected.changes))("%s: what becomes of the instance", async (file, { id, status }) => {
    const answer = await recorded(file);
    let changed = false;
    const State = () => (changed ? { Code: 80, Name: "stopped" } : { Code: 16, Name: "running" });
    const Volumes = [cannedVolume({ Attachments: [{ ...cannedVolume().Attachments[0], InstanceId: id }] })];
    const { open, sent } = cannedCalls(
      plainRegion({
        "ec2:DescribeInstances": () => ({
          Reservations: [{ Instances: [cannedInstance({ InstanceId: id, State: State() })] }],
        }),
        "ec2:DescribeVolumes": { Volumes },
        [apiOf(file)]: () => {
          changed = true;
          return answer;
        },
      }),
    );
    const [outcome] = file.includes("/Stop")
      ? await quarantine(open, [id], { mode: "stop", reason: "a test" })
      : await terminate(open, [id], { data: { discard: "a test" } });
    expect(outcome).toMatchObject({ instanceId: id, status });
    expect(sent.filter(({ api }) => api === apiOf(file))).toHaveLength(1);
  });

  it.each(expected.successes)("%s: is a success, though it says nothing more", async (file) => {
    const { open } = cannedCalls({ [apiOf(file)]: await recorded(file) });
    const [service = "", action = ""] = apiOf(file).split(":");
    const { requests } = await open("all");
    const answer = await requests.mutate({ service, action, parameters: {}, instanceIds: [], effects: [] });
    expect(answer).toMatchObject({ effect: "applied" });
  });

  it.each(expected.leave)("%s: is leave, though it is an error", async (file) => {
    const { open } = cannedCalls({ "ec2:TerminateInstances": await recorded(file) });
    const { requests } = await open("reads");
    const asked = requests.tryOut("ec2", "TerminateInstances", { InstanceIds: ["i-1"], DryRun: true });
    await expect(asked).resolves.toBeDefined();
  });

  it.each(expected.empty)("%s: is empty and says so", async (file) => {
    const call = await callWith(file);
    expect(await readScalingGroups(call)).toEqual([]);
    expect(await readScalingMembers(call, ["i-0123456789abcdef0"])).toEqual([]);
  });

  it.each(each(expected.errors))("%s: means %s", async (file, meant) => {
    const [service = "", action = ""] = apiOf(file).split(":");
    const { problem } = translate(await recorded(file), { service, action, parameters: {} });
    expect(problem.code).toBe(meant);
  });

  it("are each expected to mean something, or known not to be read", () => {
    const { notSent, unreadable, empty, successes, leave, ...tables } = expected;
    const meant = new Set([
      ...unreadable,
      ...empty,
      ...successes,
      ...leave,
      ...Object.values(tables).flatMap((table) => Object.keys(table)),
    ]);
    const strays = Object.keys(folders)
      .flatMap((folder) => filesIn(folder))
      .filter((file) => !meant.has(file) && !notSent.some((prefix) => file.startsWith(prefix)))
      .filter((file) => !file.endsWith(".request.json"));
    expect(strays).toEqual([]);
    expect(Object.keys(services)).toEqual(expect.arrayContaining(Object.values(folders)));
  });
});

function filesIn(folder: string): readonly string[] {
  return readdirSync(`${home}/${folder}`).flatMap((name) => {
    const path = `${folder}/${name}`;
    return statSync(`${home}/${path}`).isDirectory() ? filesIn(path) : [path];
  });
}
