import { tencent } from "cloud-decom/tencent";
import { fakeTencent } from "cloud-decom/tencent/fake";
import type { Fleet } from "./fleet.js";

/** A mixed fleet of CVM servers. The one paid in advance is only returned: it waits in the recycle bin for seven days. */
export async function tencentFleet(): Promise<Fleet> {
  const world = fakeTencent({ region: "ap-guangzhou" });
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
      { id: "node", name: "node" },
      { id: "paid", name: "paid", billing: "prepaid", expiresAt: "2030-01-01T00:00:00Z" },
      {
        id: "archive",
        name: "archive",
        disks: [{ role: "system" }, { id: "kept-disk", role: "data", sizeGiB: 500, deletedWithInstance: false }],
        addresses: [{ id: "kept-address", kind: "elastic" }],
      },
      { id: "unsaved", name: "unsaved", disks: [{ role: "system", snapshots: "refused" }] },
      { id: "drifter", name: "drifter" },
    ],
    owners: [
      { kind: "auto-scaling-group", id: "workers", members: ["in-group"], replaces: true },
      { kind: "cluster-node", id: "cluster", members: ["node"] },
      { kind: "load-balancer-target", id: "web", members: ["plain"], ports: [443] },
    ],
  });
  const server = await world.listen();
  const targets = ["plain", "shop-1", "protected", "in-group", "node", "paid", "archive", "unsaved", "drifter"];
  return {
    cloud: "Tencent Cloud CVM",
    world,
    adapter: tencent({
      region: "ap-guangzhou",
      credentials: { secretId: "AKIDEXAMPLE", secretKey: "example" },
      endpoint: server.endpoint,
      clock: world.clock,
    }),
    targets,
    standing: {
      protected: "termination protection is on",
      "in-group": "a scaling group would replace it",
      node: "it is a node of a cluster",
      unsaved: "its disk could not be saved",
      drifter: "it was tagged to stay after the plan was made",
    },
    policy: {
      protectTags: { keep: "*" },
      terminate: { prepaid: "unsubscribe" },
      waivers: [
        {
          // The cloud has no dry run that could prove a permission before the first change.
          kind: "permission",
          cause: "partial",
          instanceIds: targets.map((name) => world.id(name)),
          reason: "the policy was compared with permissions()",
          expiresAt: "2027-01-01T00:00:00Z",
        },
      ],
    },
    meddle: () => world.meddle({ set: [{ id: "drifter", name: "drifter", tags: { keep: "until Friday" } }] }),
    close: () => server.close(),
  };
}
