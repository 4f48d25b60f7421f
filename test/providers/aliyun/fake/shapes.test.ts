import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { actions } from "../../../../providers/aliyun/fake/actions.js";
import { isModel, type Model, modelOf, wireTypes } from "./model.js";
import { type Answer, at, openFake, type ServiceName } from "./open.js";
import { queriesOf, seedRich } from "./world.js";

/** Dotted names of an answer that the SDK's model does not have, or has with another type: the SDK would lose them. */
function strangers(answer: unknown, model: Model, path = ""): readonly string[] {
  if (typeof answer !== "object" || answer === null) return [`${path} is no structure`];
  const types = wireTypes(model);
  return Object.entries(answer).flatMap(([name, value]) =>
    types.has(name) ? misfits(value, types.get(name), path + name) : [path + name],
  );
}

function misfits(value: unknown, type: unknown, path: string): readonly string[] {
  if (isModel(type)) return strangers(value, type, `${path}.`);
  if (typeof type === "object" && type !== null && "itemType" in type) {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((item) => misfits(item, type.itemType, `${path}[]`));
  }
  return typeof value === type ? [] : [`${path} is ${typeof value} and not ${String(type)}`];
}

const reads = Object.entries(actions).filter(([api, { mutating }]) => api.startsWith("ecs:") && mutating === false);

describe("answers of ECS", () => {
  it.each(reads.map(([api]) => api.slice(4)))("to %s fit the SDK's model", async (action) => {
    const fake = await openFake();
    seedRich(fake);
    await fake.inRegion("ecs", "CreateSnapshotGroup", { InstanceId: fake.cloud.id("web") });
    const query = (await queriesOf(fake))[action] ?? {};
    const answer = await fake.inRegion("ecs", action, query);
    expect(strangers(answer, modelOf(`${action}ResponseBody`))).toEqual([]);
  });
});

const folder = fileURLToPath(new URL("../../../../../shared/recordings/aliyun/", import.meta.url));

/** Names of a documented answer that the fake's has not, or has as another type. Lists are compared by their first items. */
function missing(documented: unknown, given: unknown, path = ""): readonly string[] {
  if (Array.isArray(documented)) {
    if (!Array.isArray(given)) return [path];
    return documented.length > 0 && given.length > 0 ? missing(documented[0], given[0], `${path}[]`) : [];
  }
  if (typeof documented === "object" && documented !== null) {
    if (typeof given !== "object" || given === null) return [path];
    return Object.entries(documented).flatMap(([name, value]) => {
      const inner = path === "" ? name : `${path}.${name}`;
      return name in given ? missing(value, at(given, name), inner) : [inner];
    });
  }
  return typeof documented === typeof given ? [] : [`${path} is ${typeof given}`];
}

/**
 * Where an example is not the oracle: it contradicts the SDK's model, wraps the answer in another level or has a single
 * structure for a list.
 */
const spared: Readonly<Record<string, RegExp>> = {
  // Only in some regions, and not in the model.
  DescribeDisks: /DedicatedBlockStorageClusterId$/,
  // Numbers in these examples, texts in the model.
  DescribeSecurityGroupAttribute: /Priority is string$/,
  DescribeSnapshots: /SourceDiskSize is string$/,
  // Texts in this example, numbers in the model.
  DescribeVServerGroupAttribute: /(Port|Weight) is number$/,
  // Not in the model.
  DescribeInstanceRamRole: /^Page(Number|Size)$/,
  DescribeLoadBalancerAttribute: /^HasReservedInfo$/,
  // Only with instant access, which is deprecated.
  DescribeSnapshotGroups: /InstantAccessRetentionDays$/,
  // A list without its inner level, or a structure around everything.
  DescribeSecurityGroupReferences: /^SecurityGroupReferences/,
  DescribeEipAddresses: /^EipAddresses/,
  DescribeNatGateways: /Response$/,
  DescribeMasterSlaveServerGroupAttribute: /Response$/,
  DescribeHealthStatus: /^LoadBalancerId$/,
};

function documented(service: string): readonly (readonly [action: string, file: string])[] {
  const known = readdirSync(`${folder}${service}`).filter(
    (action) => actions[`${service}:${action}`]?.mutating === false,
  );
  return known.flatMap((action) =>
    readdirSync(`${folder}${service}/${action}`)
      .filter((file) => file.endsWith(".json") && !file.startsWith("error"))
      .map((file) => [action, `${service}/${action}/${file}`] as const),
  );
}

describe.skipIf(!existsSync(folder))("documented and recorded answers", () => {
  const services = ["ecs", "vpc", "slb"] as const satisfies readonly ServiceName[];
  const cases = existsSync(folder)
    ? services.flatMap((service) => documented(service).map((each) => [service, ...each] as const))
    : [];

  it.each(cases)("of %s %s have nothing that the fake's lack: %s", async (service, action, file) => {
    const fake = await openFake();
    seedRich(fake);
    await fake.inRegion("ecs", "CreateSnapshotGroup", { InstanceId: fake.cloud.id("web") });
    const answer: Answer = await fake.inRegion(service, action, (await queriesOf(fake))[action] ?? {});
    const wanted: unknown = JSON.parse(readFileSync(`${folder}${file}`, "utf8"));
    const lost = missing(wanted, answer);
    expect(lost.filter((name) => !spared[action]?.test(name))).toEqual([]);
  });
});
