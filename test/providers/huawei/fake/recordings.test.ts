import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { WorldSeed } from "../../../../src/testing/seed.js";
import { at, openFake, type Parameters } from "./open.js";

const folder = fileURLToPath(new URL("../../../../../shared/recordings/huawei/", import.meta.url));

function recorded(file: string): unknown {
  return JSON.parse(readFileSync(`${folder}${file}`, "utf8"));
}

/** What a value looks like, where null, an empty text and an empty list are told from each other and from the rest. */
function look(value: unknown): string {
  if (value === null) return "null";
  if (value === "") return "empty text";
  if (Array.isArray(value)) return value.length === 0 ? "empty list" : `list of ${look(value[0])}`;
  return typeof value;
}

/** How each field of a recorded item looks, and how the same field of the fake's item does. */
function looks(real: unknown, fake: unknown, apart: readonly string[]) {
  const names = Object.keys(Object(real)).filter((name) => !apart.includes(name));
  const of = (item: unknown) => Object.fromEntries(names.map((name) => [name, look(Reflect.get(Object(item), name))]));
  return { real: of(real), fake: of(fake) };
}

interface Case {
  readonly file: string;
  readonly path: string;
  readonly seed?: WorldSeed;
  readonly api: string;
  readonly parameters?: Parameters;
  /** Fields that depend on what the thing is, or that the fake leaves out. */
  readonly apart?: readonly string[];
  /** Where the same thing stands in the fake's answer, if elsewhere. */
  readonly here?: string;
}

const web = { instances: [{ id: "web" }] } as const;
const rule = {
  direction: "ingress",
  peer: { kind: "cidr", cidr: "10.10.0.0/16", family: "ipv4" },
  description: "x",
} as const;

const cases: readonly (readonly [string, Case])[] = [
  [
    "a server",
    {
      file: "ecs/ListServersDetails/otc-doc-1.json",
      path: "servers.0",
      seed: web,
      api: "ecs:GET /v1/{project_id}/cloudservers/detail",
      apart: [
        "tags",
        "description",
        "OS-EXT-SRV-ATTR:hypervisor_hostname",
        "OS-EXT-SRV-ATTR:ramdisk_id",
        "OS-EXT-SRV-ATTR:user_data",
        "OS-EXT-SRV-ATTR:kernel_id",
        "OS-EXT-SRV-ATTR:launch_index",
        "OS-EXT-SRV-ATTR:reservation_id",
      ],
    },
  ],
  [
    "an attached disk of a server",
    {
      file: "ecs/ListServersDetails/otc-doc-1.json",
      path: "servers.0.os-extended-volumes:volumes_attached.0",
      seed: web,
      api: "ecs:GET /v1/{project_id}/cloudservers/detail",
    },
  ],
  [
    "a free disk",
    {
      file: "evs/ListVolumes/available.json",
      path: "volumes.0",
      seed: { disks: [{ id: "free" }] },
      api: "evs:GET /v2/{project_id}/cloudvolumes/detail",
    },
  ],
  [
    "a rule",
    {
      file: "vpc/ListSecurityGroupRules/otc-doc-1.json",
      path: "security_group_rules.0",
      seed: { securityGroups: [{ id: "app", rules: [{ ...rule, protocol: { unified: "tcp", raw: "tcp" } }] }] },
      api: "vpc:GET /v3/{project_id}/vpc/security-group-rules",
      // The documented example has a number where every recording has a text.
      apart: ["multiport"],
    },
  ],
  [
    "a security group",
    {
      file: "vpc/ListSecurityGroups/otc-doc-1.json",
      path: "security_groups.0",
      api: "vpc:GET /v3/{project_id}/vpc/security-groups",
      // A number in the documented example, a text in recordings.
      apart: ["enterprise_project_id"],
    },
  ],
  [
    "a bound address",
    {
      file: "eip/ListPublicips/bound-port.json",
      path: "publicips.0",
      seed: { instances: [{ id: "web", addresses: [{ id: "front", kind: "elastic" }] }] },
      api: "vpc:GET /v3/{project_id}/eip/publicips",
    },
  ],
  [
    "a member of a pool",
    {
      file: "elb/ListAllMembers/members.json",
      path: "members.1",
      seed: { ...web, owners: [{ kind: "load-balancer-target", id: "pool", members: ["web"] }] },
      api: "elb:GET /v3/{project_id}/elb/members",
      here: "members.0",
    },
  ],
  [
    "a scaling group",
    {
      file: "as/ListScalingGroups/one.json",
      path: "scaling_groups.0",
      seed: { ...web, owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"] }] },
      api: "as:GET /autoscaling-api/v1/{project_id}/scaling_group",
      apart: [
        "lb_listener_id",
        "security_groups",
        "multi_az_priority_policy",
        "iam_agency_name",
        "health_periodic_audit_grace_period",
      ],
    },
  ],
  [
    "a vault",
    {
      file: "cbr/ListVault/golangsdk-list.json",
      path: "vaults.0",
      seed: { ...web, owners: [{ kind: "backup", id: "copy", members: ["web"] }] },
      api: "cbr:GET /v3/{project_id}/vaults",
      apart: ["backup_name_prefix", "description", "tags"],
    },
  ],
  [
    "the disks of a server",
    {
      file: "ecs/ListServerBlockDevices/otc-doc-1.json",
      path: "volumeAttachments.0",
      seed: web,
      api: "ecs:GET /v1/{project_id}/cloudservers/{server_id}/block_device",
    },
  ],
  [
    "the interfaces of a server",
    {
      file: "ecs/ListServerInterfaces/otc-doc-1.json",
      path: "interfaceAttachments.0",
      seed: web,
      api: "ecs:GET /v1/{project_id}/cloudservers/{server_id}/os-interface",
    },
  ],
  [
    "a route table",
    {
      file: "vpc/ShowRouteTable/otc-doc-1.json",
      path: "routetable.routes.0",
      api: "vpc:GET /v1/{project_id}/routetables/{routetable_id}",
      parameters: { path: { routetable_id: "0d5c8a1e-0004-4000-a000-000000000004" } },
    },
  ],
];

describe.skipIf(!existsSync(folder))("what was recorded or documented of the real cloud", () => {
  it.each(cases)("looks the same here: %s", async (_name, { file, path, seed, api, parameters, apart = [], here }) => {
    const { cloud, call } = await openFake();
    if (seed) cloud.seed(seed);
    const own = api.includes("{server_id}") ? { path: { server_id: cloud.id("web") } } : {};
    const answer = await call(api, parameters ?? own);
    const real = at(recorded(file), path);
    expect(real).toBeTypeOf("object");
    const both = looks(real, at(answer, here ?? path), apart);
    expect(both.fake).toEqual(both.real);
  });

  it("is a job of two levels, with nulls where nothing went wrong", async () => {
    const { cloud, call } = await openFake();
    cloud.seed(web);
    const body = { servers: [{ id: cloud.id("web") }], delete_publicip: false, delete_volume: false };
    const path = {
      job_id: String(at(await call("ecs:POST /v1/{project_id}/cloudservers/delete", { body }), "job_id")),
    };
    await cloud.clock.advance(31_000);
    const fake = await call("ecs:GET /v1/{project_id}/jobs/{job_id}", { path });
    const real = recorded("ecs/ShowJob/otc-doc-1.json");
    const job = looks(real, fake, []);
    expect(job.fake).toEqual(job.real);
    const part = looks(at(real, "entities.sub_jobs.0"), at(fake, "entities.sub_jobs.0"), []);
    expect(part.fake).toEqual(part.real);
  });
});
