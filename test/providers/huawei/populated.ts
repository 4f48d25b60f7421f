import type { SeedOwner, WorldSeed } from "../../../src/testing/seed.js";

const members = ["web"];

/** One thing of every kind and source that can hang on a server, on one server called "web". */
export const populatedOwners: readonly SeedOwner[] = [
  { kind: "load-balancer-target", id: "pool", members, ports: [80] },
  { kind: "auto-scaling-group", id: "crew", members },
  { kind: "cluster-node", id: "cluster", members },
  { kind: "route", id: "route", members, variant: "ecs" },
  { kind: "nat-rule", id: "inward", members, variant: "destination" },
  { kind: "nat-rule", id: "outward", members, variant: "source" },
  { kind: "nat-rule", id: "private-inward", members, variant: "private" },
  { kind: "nat-rule", id: "transit", members, variant: "transit-ip" },
  { kind: "dns-record", id: "name", members, variant: "public" },
  { kind: "dns-record", id: "inner-name", members, variant: "private" },
  { kind: "dns-record", id: "pointer", members, variant: "reverse" },
  { kind: "alarm", id: "alarm", members },
  { kind: "placement", id: "apart", members },
  { kind: "dedicated-host", id: "host", members },
  { kind: "event-window", id: "event", members },
  { kind: "image", id: "image", members },
  { kind: "snapshot", id: "old-copy", members: ["root"], variant: "legacy" },
  { kind: "snapshot", id: "copy", members: ["root"], variant: "standard" },
  { kind: "backup", id: "backup", members },
  { kind: "backup-policy", id: "vault", members },
  { kind: "database", id: "database", members: ["app"] },
  { kind: "file-system", id: "files", members },
  { kind: "address-list", id: "list", members },
  { kind: "traffic-mirror", id: "mirror", members },
  { kind: "virtual-ip", id: "floating", members },
  { kind: "private-address", id: "pod", members, variant: "sub-interface" },
];

/** A server with all of it. */
export const populated: WorldSeed = {
  securityGroups: [{ id: "app", foreignUsers: ["template"] }],
  instances: [
    {
      id: "web",
      securityGroups: ["app"],
      keyPair: "pair",
      role: "agency",
      addresses: [{ id: "front", kind: "elastic" }],
      disks: [
        { id: "root", role: "system" },
        { id: "kept", role: "data", encrypted: true, deletedWithInstance: false },
      ],
    },
  ],
  owners: populatedOwners,
};
