import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openFake } from "./open.js";

const folder = fileURLToPath(new URL("../../../../../shared/recordings/tencent/", import.meta.url));

/** The first item of a list in a recorded answer. */
function recorded(file: string, list: string): object {
  const body: unknown = JSON.parse(readFileSync(`${folder}${file}`, "utf8"));
  return first(at(at(body, "Response"), list));
}

function at(value: unknown, path: string): unknown {
  return path.split(".").reduce((inner: unknown, step) => {
    return typeof inner === "object" && inner !== null ? Reflect.get(inner, step) : undefined;
  }, value);
}

function first(list: unknown): object {
  const item: unknown = Array.isArray(list) ? list[0] : list;
  if (typeof item !== "object" || item === null) throw new Error("There is no such item.");
  return item;
}

/** What a value looks like, where null, an empty text and an empty list are told from each other and from the rest. */
function look(value: unknown): string {
  if (value === null) return "null";
  if (value === "") return "empty text";
  if (Array.isArray(value)) return value.length === 0 ? "empty list" : `list of ${look(value[0])}`;
  return typeof value;
}

/** How each field of a recorded item looks, and how the same field of the fake's item does. */
function looks(real: object, fake: object, unknown: readonly string[] = []) {
  const names = Object.keys(real).filter((name) => !unknown.includes(name));
  const of = (item: object) => Object.fromEntries(names.map((name) => [name, look(Reflect.get(item, name))]));
  return { real: of(real), fake: of(fake) };
}

describe.skipIf(!existsSync(folder))("what was recorded of the real cloud", () => {
  it("of a running pay-as-you-go instance looks the same here", async () => {
    const { cloud, cvm } = await openFake();
    cloud.seed([{ id: "web", addresses: [{ kind: "ephemeral" }], keyPair: "key" }]);
    const fake = first((await cvm.DescribeInstances({})).InstanceSet);
    const real = recorded("cvm/DescribeInstances/before-terminate.json", "InstanceSet");
    const { real: wanted, fake: given } = looks(real, fake, ["PlatformProjectId"]);
    expect(given).toEqual(wanted);
    for (const part of ["Placement", "VirtualPrivateCloud", "InternetAccessible", "LoginSettings", "SystemDisk"]) {
      const inner = looks(first(at(real, part)), first(at(fake, part)), ["ThroughputPerformance"]);
      expect(inner.fake).toEqual(inner.real);
    }
  });

  it("of an attached disk looks the same here", async () => {
    const { cloud, cbs } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root", role: "system" }] }]);
    const fake = first((await cbs.DescribeDisks({})).DiskSet);
    const real = recorded("cbs/DescribeDisks/attached-tags.json", "DiskSet");
    const { real: wanted, fake: given } = looks(real, fake, ["Tags"]);
    expect(given).toEqual(wanted);
  });

  it("of a rule looks the same here", async () => {
    const { cloud, vpc } = await openFake();
    const rule = { direction: "ingress", peer: { kind: "any" }, description: "Allow all ingress" } as const;
    cloud.seed({ securityGroups: [{ id: "app", rules: [rule] }] });
    const answer = await vpc.DescribeSecurityGroupPolicies({ SecurityGroupId: cloud.id("app") });
    const fake = first(answer.SecurityGroupPolicySet?.Ingress);
    const real = recorded("vpc/DescribeSecurityGroupPolicies/simple.json", "SecurityGroupPolicySet.Ingress");
    const { real: wanted, fake: given } = looks(real, fake, ["Diff"]);
    expect(given).toEqual(wanted);
    expect(fake).toMatchObject({ Protocol: "ALL", Port: "ALL", CidrBlock: "0.0.0.0/0", Priority: 1, PolicyIndex: 0 });
  });

  it("of a wrong type is the same error here", async () => {
    const { call } = await openFake();
    const error: unknown = await call("cvm:StopInstances", { InstanceIds: "hello" }).catch((caught: unknown) => caught);
    const real = recorded("cvm/StopInstances/error-invalid-parameter-zh.json", "Error");
    expect(Reflect.get(Object(error), "code")).toBe(Reflect.get(real, "Code"));
  });
});
