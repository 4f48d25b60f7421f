import { huawei } from "cloud-decom/huawei";
import { fakeHuawei } from "cloud-decom/huawei/fake";
import type { Fleet } from "./fleet.js";

/** A mixed fleet of ECS servers: a yearly/monthly one ends only by a choice that names how. */
export async function huaweiFleet(): Promise<Fleet> {
  const world = fakeHuawei({ region: "cn-north-4" });
  world.seed({
    securityGroups: [
      { id: "shop", rules: [{ direction: "ingress", peer: { kind: "cidr", cidr: "0.0.0.0/0", family: "ipv4" } }] },
      { id: "lone", rules: [{ direction: "ingress", peer: { kind: "cidr", cidr: "10.0.0.0/8", family: "ipv4" } }] },
    ],
    instances: [
      { id: "plain", name: "plain", securityGroups: ["lone"] },
      { id: "shop-1", name: "shop-1", securityGroups: ["shop"] },
      { id: "shop-2", name: "shop-2", securityGroups: ["shop"] },
      { id: "protected", name: "protected", terminationProtection: true },
      { id: "in-group", name: "in-group" },
      { id: "spot", name: "spot", billing: "spot" },
      { id: "paid", name: "paid", billing: "prepaid", expiresAt: "2027-03-01T00:00:00Z", autoRenew: true },
      {
        id: "archive",
        name: "archive",
        disks: [{ role: "system" }, { id: "kept-disk", role: "data", sizeGiB: 500, deletedWithInstance: false }],
        addresses: [{ id: "kept-address", kind: "elastic" }],
      },
      { id: "drifter", name: "drifter" },
    ],
    owners: [
      { kind: "auto-scaling-group", id: "workers", members: ["in-group"], replaces: true },
      { kind: "load-balancer-target", id: "web", members: ["plain"], ports: [443] },
    ],
  });
  const targets = ["plain", "shop-1", "protected", "in-group", "spot", "paid", "archive", "drifter"];
  const server = await world.listen();
  return {
    cloud: "Huawei Cloud ECS",
    world,
    adapter: huawei({
      region: "cn-north-4",
      credentials: { ak: "HPUAEXAMPLE", sk: "example" },
      endpoint: server.endpoint,
      clock: world.clock,
    }),
    targets,
    standing: {
      protected: "it is locked against deletion",
      "in-group": "a scaling group would replace it",
      paid: "it is paid for by the month, and nobody chose a way to end that",
      drifter: "it was tagged to stay after the plan was made",
    },
    policy: {
      protectTags: { keep: "*" },
      waivers: [
        {
          // Nothing here has a dry run that could prove a permission before the first change.
          kind: "permission",
          cause: "partial",
          instanceIds: targets.map((name) => world.id(name)),
          reason: "the user's policy was compared with permissions()",
          expiresAt: "2027-01-01T00:00:00Z",
        },
      ],
    },
    meddle: () => world.meddle({ set: [{ id: "drifter", name: "drifter", tags: { keep: "until Friday" } }] }),
    close: () => server.close(),
  };
}
