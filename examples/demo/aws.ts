import { aws } from "cloud-decom/aws";
import { fakeAws } from "cloud-decom/aws/fake";
import type { Fleet } from "./fleet.js";

/** A mixed fleet of EC2 servers: some may go, some must not. */
export async function awsFleet(): Promise<Fleet> {
  const world = fakeAws({ region: "eu-west-1" });
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
      { id: "stop-protected", name: "stop-protected", stopProtection: true },
      { id: "in-group", name: "in-group" },
      { id: "spot", name: "spot", billing: "spot" },
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
      { kind: "spot-request", id: "request", members: ["spot"], variant: "persistent", replaces: true },
      { kind: "load-balancer-target", id: "web", members: ["plain"], ports: [443] },
    ],
  });
  const server = await world.listen();
  return {
    cloud: "AWS EC2",
    world,
    adapter: aws({
      region: "eu-west-1",
      credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" },
      endpoint: server.endpoint,
      clock: world.clock,
    }),
    targets: ["plain", "shop-1", "protected", "stop-protected", "in-group", "spot", "archive", "unsaved", "drifter"],
    standing: {
      protected: "termination protection is on",
      "stop-protected": "stop protection is on",
      "in-group": "a scaling group would replace it",
      spot: "a persistent spot request would replace it",
      unsaved: "its disk could not be saved",
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
          reason: "the role was compared with permissions()",
          expiresAt: "2027-01-01T00:00:00Z",
        },
      ],
    },
    meddle: () => world.meddle({ set: [{ id: "drifter", name: "drifter", tags: { keep: "until Friday" } }] }),
    close: () => server.close(),
  };
}
