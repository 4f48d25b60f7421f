import { type Finding, findingsOf } from "../../../src/findings.js";
import { namedBy } from "../../../src/holdings.js";
import type { Ended } from "../../../src/verdicts.js";
import { readClassicBackends } from "../dependencies/classic-balancers.js";
import {
  meaning,
  namesOf,
  type Product,
  products,
  readServerGroups,
  readServers,
} from "../dependencies/server-groups.js";
import { placeOf, targetId } from "../dependencies/target-id.js";
import type { AftermathSource, AliyunAftermath } from "./survey.js";

const classicSource = "slb:DescribeLoadBalancers";

/** Registrations that outlived their instances: of an address they wait for whoever gets it next. */
export const registrationSources: readonly AftermathSource[] = [
  ...products.map((product): AftermathSource => {
    const source = `${product}:ListServerGroupServers`;
    return {
      kind: "load-balancer-target",
      source,
      gate: "required",
      hidesRows: true,
      read: async (aftermath) => findingsOf(source, await serversLeft(aftermath, product)),
    };
  }),
  {
    kind: "load-balancer-target",
    source: classicSource,
    gate: "required",
    hidesRows: true,
    read: async (aftermath) => findingsOf(classicSource, await backendsLeft(aftermath)),
  },
];

/** The instance behind each id under which a balancer may know it. */
function behindOf(ended: readonly Ended[]): ReadonlyMap<string, string> {
  const behind = new Map(ended.map(({ id }) => [id, id]));
  const cards = namedBy(ended, "network-interface", ({ networkInterfaces }) => networkInterfaces.map(({ id }) => id));
  for (const [id, [holder]] of cards) if (holder !== undefined) behind.set(id, holder);
  return behind;
}

async function serversLeft({ call, ended }: AliyunAftermath, product: Product): Promise<readonly Finding[]> {
  const records = ended.flatMap(({ record }) => record ?? []);
  const unseen = ended.filter(({ record }) => record === undefined).map(({ id }) => id);
  const { ids, ips } = namesOf(records);
  const found = await readServers(call, product, { ids: [...ids, ...unseen], ips });
  const standing = found.filter(({ status }) => status !== "Removing");
  const groups = await readServerGroups(
    call,
    product,
    standing.map(({ groupId }) => groupId),
  );
  const behind = behindOf(ended);
  return standing.flatMap((server) => {
    const group = groups.get(server.groupId);
    const holders = ended.filter(({ id, record }) =>
      record ? meaning(server, group, record, behind) === "yes" : server.serverId === id,
    );
    return holders.map(({ id }): Finding => {
      const port = server.port === undefined ? "" : ` on port ${server.port}`;
      return {
        instanceId: id,
        node: { kind: "load-balancer-target", id: targetId(product, server.groupId), billing: "none" },
        edge: {
          relation: "member",
          effect: "report",
          atTermination: "kept",
          why:
            server.type === "Ip"
              ? `The address ${server.serverId} is still registered${port}: whoever gets it next gets the traffic.`
              : `${server.serverId} is still registered${port} in ${group?.name ?? server.groupId}.`,
        },
      };
    });
  });
}

async function backendsLeft({ call, ended }: AliyunAftermath): Promise<readonly Finding[]> {
  const reported = [...namedBy(ended, "load-balancer-target", () => []).keys()].some((id) =>
    placeOf(id)?.place.startsWith("clb"),
  );
  // A report that shows no such backend needs no second look: nobody registers an instance that is going.
  if (!reported && ended.every(({ edges }) => edges !== undefined)) return [];
  const behind = behindOf(ended);
  return (await readClassicBackends(call)).flatMap((backend) => {
    const instanceId = behind.get(backend.serverId);
    if (instanceId === undefined) return [];
    return [
      {
        instanceId,
        node: {
          kind: "load-balancer-target",
          id: targetId(backend.where, backend.holderId),
          name: backend.holderName,
          billing: "none",
        },
        edge: {
          relation: "member",
          effect: "report",
          atTermination: "kept",
          why: `${backend.serverId} is still a backend of ${backend.holderName}, out of service.`,
        },
      } satisfies Finding,
    ];
  });
}
