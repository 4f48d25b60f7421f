import { addPort, groupOf, networkOf } from "./network.js";
import type { Server, Tags } from "./records.js";
import type { HuaweiContext } from "./state.js";
import { addDisk, attach } from "./storage.js";

/** What a server has to be told; the rest is what a plain one has. */
export type NewServer = Partial<Omit<Server, "attachments" | "portIds" | "turn">> & {
  readonly id: string;
  readonly ips?: readonly string[];
  readonly groupIds?: readonly string[];
};

/** Adds a server with its primary port. Disks come after. */
export function addServer(context: HuaweiContext, { ips, groupIds = [], ...values }: NewServer): Server {
  const { state, now } = context;
  const { vpcId } = networkOf(context, values.vpcId);
  const zone = values.zone ?? `${state.region}a`;
  const port = addPort(context, {
    vpcId,
    serverId: values.id,
    owner: `compute:${zone}`,
    primary: true,
    deleteOnTermination: true,
    groupIds,
    ...(ips === undefined ? {} : { ips }),
  });
  const createdAt = values.createdAt ?? now;
  const server: Server = {
    name: "ecs",
    status: "ACTIVE",
    taskState: null,
    chargingMode: "0",
    expirePolicy: 0,
    launchedAt: createdAt,
    updatedAt: createdAt,
    locks: [],
    tags: {},
    metadata: {},
    systemTags: {},
    keyName: null,
    flavor: "s6.large.2",
    localDisks: [],
    refund: {},
    ...values,
    createdAt,
    zone,
    vpcId,
    turn: 0,
    attachments: [],
    portIds: [port.id],
  };
  state.servers.set(server.id, server);
  state.everServers.add(server.id);
  return server;
}

/** A running pay-per-use server as a scaling group launches it, with a system disk. */
export function launchLike(context: HuaweiContext, vpcId: string, name: string, tags: Tags): Server {
  const { ids } = context;
  const group = groupOf(context, ids.assign("security-group"), name);
  const server = addServer(context, { id: ids.assign("instance"), vpcId, name, tags, groupIds: [group.id] });
  const disk = addDisk(context, { id: ids.assign("disk"), zone: server.zone, bootable: true });
  attach(context, disk.id, server.id, { isBoot: true, deleteOnTermination: true });
  return server;
}
