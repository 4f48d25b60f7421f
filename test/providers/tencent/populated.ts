import type { WorldSeed } from "../../../src/testing/seed.js";
import type { FakeWorld } from "../../../src/testing/world.js";

/** Seeds a region in which something of every kind hangs on these instances. */
export function populate(world: FakeWorld, names: readonly string[]): void {
  world.seed(populated(names));
}

/** A region in which something of every kind hangs on these instances. */
export function populated(names: readonly string[]): WorldSeed {
  const on = (kind: "disk" | "instance") => names.map((name) => (kind === "disk" ? `${name}-root` : name));
  return {
    securityGroups: [
      { id: "app", rules: [{ direction: "ingress", peer: { kind: "cidr", cidr: "203.0.113.9/32", family: "ipv4" } }] },
      { id: "db", rules: [{ direction: "ingress", peer: { kind: "security-group", groupId: "app" } }] },
    ],
    instances: names.map((name) => ({
      id: name,
      securityGroups: ["app"],
      keyPair: "ops",
      role: "reader",
      disks: [
        { id: `${name}-root`, role: "system", encrypted: true },
        { id: `${name}-local`, role: "data", medium: "local" },
      ],
      addresses: [{ kind: "elastic" }],
      extraInterfaces: [{ securityGroups: ["app"] }],
    })),
    owners: [
      { kind: "load-balancer-target", id: "front", members: names, ports: [80] },
      { kind: "load-balancer-target", id: "http", members: names, ports: [80], variant: "layer7" },
      { kind: "load-balancer-target", id: "old", members: names, ports: [80], variant: "classic" },
      { kind: "load-balancer-target", id: "pool", members: names, ports: [80], variant: "target-group" },
      { kind: "auto-scaling-group", id: "crew", members: names },
      { kind: "cluster-node", id: "kube", members: names },
      { kind: "virtual-ip", id: "vip", members: names },
      { kind: "route", id: "table", members: names },
      { kind: "nat-rule", id: "inward", members: names, variant: "destination" },
      { kind: "nat-rule", id: "outward", members: names, variant: "source" },
      { kind: "dns-record", id: "www", members: names, variant: "public" },
      { kind: "dns-record", id: "inner", members: names, variant: "private" },
      { kind: "address-list", id: "list", members: names, variant: "group" },
      { kind: "snapshot", id: "copy", members: on("disk") },
      { kind: "image", id: "golden", members: on("disk") },
      { kind: "backup", id: "point", members: on("disk") },
      { kind: "backup-policy", id: "daily", members: on("disk") },
      { kind: "placement", id: "spread", members: names },
      { kind: "dedicated-host", id: "host", members: names },
      { kind: "alarm", id: "cpu", members: names },
      { kind: "file-system", id: "share", members: names },
      { kind: "database", id: "mysql", members: ["app"], variant: "mysql" },
      { kind: "database", id: "redis", members: ["app"], variant: "redis" },
      { kind: "database", id: "postgres", members: ["app"], variant: "postgres" },
      { kind: "commitment", id: "plan", members: names },
      { kind: "pending-operation", id: "order", members: names },
    ],
  };
}
