import { unique } from "../../src/batch.js";
import type { InstanceNetworkInterface, PublicAddress } from "../../src/instances.js";
import type { Wire } from "../../src/wire.js";
import { given } from "./given.js";
import { partOf } from "./part-of.js";
import type { InstanceFacts, RecordContext } from "./record.js";

/** One of the addresses that a server lists under the networks it is in. */
interface AddressEntry {
  readonly ip: string;
  readonly portId?: string;
  readonly floating: boolean;
  readonly primary?: boolean;
}

/** The addresses of a server, private and public. */
export function addressEntries(wire: Wire): readonly AddressEntry[] {
  const networks = partOf(wire, "addresses");
  if (!networks) return [];
  return Object.keys(networks.toJson()).flatMap((network) =>
    networks.list(network).flatMap((entry): readonly AddressEntry[] => {
      const ip = entry.text("addr");
      if (ip === undefined) return [];
      const primary = entry.flag("primary");
      return [
        {
          ip,
          ...given("portId", entry.text("OS-EXT-IPS:port_id")),
          floating: entry.text("OS-EXT-IPS:type") === "floating",
          ...(primary === undefined ? {} : { primary }),
        },
      ];
    }),
  );
}

/** Addresses are listed by network, whose id is their key; Nova itself writes a name there. */
export function networkOf(wire: Wire): string | undefined {
  const networks = Object.keys(partOf(wire, "addresses")?.toJson() ?? {});
  return networks.find((network) => /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(network));
}

/**
 * Interfaces as the server's addresses name them, completed by the network's own ports: only a port tells its groups, and
 * only the server which interface is the primary one.
 */
export function interfacesOf(
  wire: Wire,
  { ports }: InstanceFacts,
  context: RecordContext,
): readonly InstanceNetworkInterface[] {
  const entries = addressEntries(wire).filter(({ floating }) => !floating);
  const known = new Map(ports.map((port) => [port.id, port]));
  const ids = unique([...entries.flatMap(({ portId }) => portId ?? []), ...known.keys()]);
  const primaryId = entries.find(({ primary }) => primary === true)?.portId ?? (ids.length === 1 ? ids[0] : undefined);
  const ownGroups = wire.list("security_groups").flatMap((group) => group.text("id") ?? []);
  return ids.map((id): InstanceNetworkInterface => {
    const port = known.get(id);
    const primary = id === primaryId;
    return {
      id,
      primary,
      // An interface that was attached ready-made stays, one that was made with the server goes; nothing tells which.
      deletedWithInstance: primary ? true : "unknown",
      privateIps: unique([
        ...entries.filter(({ portId }) => portId === id).map(({ ip }) => ip),
        ...(port?.fixedIps ?? []),
      ]),
      securityGroupIds: port?.securityGroupIds ?? (context.portsOf === undefined ? ownGroups : []),
    };
  });
}

/**
 * Public addresses are EIPs, always the account's own. Deletions are sent with `delete_publicip: false`, so none goes with
 * its server.
 */
export function publicAddressesOf(wire: Wire, { addresses }: InstanceFacts): readonly PublicAddress[] {
  const ips = addressEntries(wire)
    .filter(({ floating }) => floating)
    .map(({ ip }) => ip);
  const known = new Map(addresses.map(({ id, ip }) => [ip, id]));
  return unique([...ips, ...known.keys()]).map((ip) => ({
    ...given("id", known.get(ip)),
    ip,
    kind: "elastic",
    releasedWithInstance: false,
  }));
}
