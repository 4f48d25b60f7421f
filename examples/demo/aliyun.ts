import { aliyun } from "cloud-decom/aliyun";
import { fakeAliyun } from "cloud-decom/aliyun/fake";
import type { Fleet } from "./fleet.js";

/** A mixed fleet of ECS servers, some of them paid in advance: a subscription ends only by a choice that names it. */
export async function aliyunFleet(): Promise<Fleet> {
  const world = fakeAliyun({ region: "cn-hangzhou" });
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
      { id: "held", name: "held", locks: [{ unified: "security" }] },
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
  const server = await world.listen();
  return {
    cloud: "Alibaba Cloud ECS",
    world,
    adapter: aliyun({
      region: "cn-hangzhou",
      credentials: { accessKeyId: "LTAI5tEXAMPLE", accessKeySecret: "example" },
      endpoint: server.endpoint,
      clock: world.clock,
    }),
    targets: ["plain", "shop-1", "protected", "held", "in-group", "spot", "paid", "archive", "drifter"],
    standing: {
      protected: "deletion protection is on",
      held: "it is locked for security",
      "in-group": "a scaling group would replace it",
      paid: "it is paid in advance, and nobody chose a way to end that",
      drifter: "it was tagged to stay after the plan was made",
    },
    policy: {
      protectTags: { keep: "*" },
      waivers: [
        {
          // Load balancers have no dry run that could prove the permission before the first change.
          kind: "permission",
          cause: "partial",
          instanceIds: [world.id("plain")],
          reason: "the user's policy was compared with permissions()",
          expiresAt: "2027-01-01T00:00:00Z",
        },
      ],
    },
    meddle: () => world.meddle({ set: [{ id: "drifter", name: "drifter", tags: { keep: "until Friday" } }] }),
    close: () => server.close(),
  };
}
