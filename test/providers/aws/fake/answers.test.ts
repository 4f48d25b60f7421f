import { expect, it } from "vitest";
import { fakeAws } from "../../../../providers/aws/fake/index.js";
import type { Service } from "../../../../providers/aws/fake/services/service.js";
import { services } from "../../../../providers/aws/fake/services.js";
import type { SeedOwner, WorldSeed } from "../../../../src/testing/seed.js";
import { clients } from "./clients.js";
import { unknownNames } from "./sdk-answer.js";

const owner = (kind: SeedOwner["kind"], more: Partial<SeedOwner> = {}): SeedOwner => ({
  kind,
  id: `${kind}-${more.variant ?? "usual"}`,
  members: ["web"],
  ...more,
});

/** One of everything, so that every list has a row. */
const everything: WorldSeed = {
  peeredVpcs: [["home", "away"]],
  bins: { disk: { enabled: true }, snapshot: { enabled: true }, image: { enabled: true } },
  securityGroups: [
    {
      id: "app",
      vpc: "home",
      rules: [
        { direction: "ingress", peer: { kind: "any" }, family: "both", description: "all", tags: { a: "b" } },
        { direction: "egress", peer: { kind: "security-group", groupId: "app" } },
        { direction: "ingress", peer: { kind: "address-list", list: "prefix-list", id: "address-list-usual" } },
      ],
      foreignUsers: ["load-balancer", "database", "interface", "template", "scaling-group", "managed-service", "share"],
    },
  ],
  instances: [
    {
      id: "web",
      vpc: "home",
      securityGroups: ["app"],
      billing: "spot",
      keyPair: "ops",
      role: "app-role",
      userData: "#!/bin/sh",
      disks: [{ role: "system", encrypted: true }, { id: "data" }, { medium: "local" }],
      addresses: [{ kind: "elastic" }],
    },
    { id: "old", state: "terminating" },
    { id: "node", managedBy: "eks.amazonaws.com" },
  ],
  owners: [
    ...(["placement", "dedicated-host", "capacity-reservation", "event-window", "backup", "dns-record"] as const).map(
      (kind) => owner(kind),
    ),
    ...(["service-discovery", "file-system", "stack", "cluster-node", "fleet", "route", "image"] as const).map((kind) =>
      owner(kind),
    ),
    owner("address-list"),
    owner("address-list", { variant: "network-acl" }),
    owner("alarm"),
    owner("alarm", { variant: "composite" }),
    owner("auto-scaling-group"),
    owner("backup-policy"),
    owner("backup-policy", { variant: "backup-plan" }),
    owner("cluster-node", { variant: "ecs" }),
    owner("commitment"),
    owner("commitment", { variant: "savings-plan" }),
    owner("database", { members: ["app"] }),
    owner("database", { members: ["app"], variant: "cluster" }),
    owner("load-balancer-target"),
    owner("load-balancer-target", { variant: "classic" }),
    owner("other", { variant: "ssm" }),
    owner("other", { variant: "flow-log" }),
    owner("pending-operation"),
    owner("pending-operation", { variant: "volume-modification" }),
    owner("snapshot", { members: ["data"] }),
    owner("traffic-mirror"),
    owner("traffic-mirror", { variant: "target" }),
  ],
};

/** A request without parameters, written by hand. Managed things are asked for where they can be. */
function request({ signedAs, protocol, version, target, operations }: Service, action: string): Request {
  const operation = operations.get(action);
  const { method = "POST", template = "/" } = operation?.http ?? {};
  const managed = operation?.shape.fields.has("IncludeManagedResources") ? "&IncludeManagedResources=true" : "";
  const isForm = protocol === "ec2" || protocol === "query";
  return new Request(`http://127.0.0.1${template}`, {
    method,
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=AKIAHOME/20260102/eu-west-1/${signedAs}/aws4_request, Signature=0`,
      ...(target === undefined ? {} : { "x-amz-target": `${target}.${action}` }),
    },
    ...(method === "GET" ? {} : { body: isForm ? `Action=${action}&Version=${version}${managed}` : "{}" }),
  });
}

for (const service of services.filter(({ name }) => name !== "rbin")) {
  it(`says nothing of ${service.name} that the SDK would not read`, async () => {
    const cloud = fakeAws();
    cloud.seed(everything);
    const open = [...service.operations].filter(
      ([, { shape, action }]) =>
        action.mutating === false && ![...shape.fields.values()].some(({ required }) => required),
    );
    for (const [action] of open) {
      const answer = await cloud.fetch(request(service, action));
      const body = await answer.text();
      if (answer.status !== 200) {
        // What needs one of several parameters says so, and is looked at elsewhere.
        expect([action, body]).toEqual([action, expect.stringMatching(/ValidationError|BadRequest|ClusterNotFound/)]);
        continue;
      }
      expect({ action, unknown: unknownNames(clients[service.name] ?? {}, action, service.protocol, body) }).toEqual({
        action,
        unknown: [],
      });
    }
  });
}
