import type { Wire } from "../../src/wire.js";
import type { HuaweiCall } from "./call.js";
import { type AddressFacts, addressFacts, type PortFacts, portFacts, type VolumeFacts, volumeFacts } from "./facts.js";

/** Largest page of EVS ("Querying details about all disks", limit). */
export const volumePageLimit = 1000;
/** Largest page of VPC v1 and v3, EIP, ELB v3 and NAT (limit). */
export const networkPageLimit = 2000;

/**
 * Disks and ports can be asked for by one server, or all at once: up to so many servers they are asked for one by one,
 * which costs a request for each, whereas nobody tells how long the whole listing is.
 */
const askedOneByOne = 5;

const volumes = "GET /v2/{project_id}/cloudvolumes/detail";
const ports = "GET /v1/{project_id}/ports";

/** The disks that hang on servers, by server: the second source that confirms the set of disks. */
export async function readVolumesOf(
  call: HuaweiCall,
  serverIds: readonly string[],
): Promise<ReadonlyMap<string, readonly VolumeFacts[]>> {
  const rows = await ofServers(serverIds, "server_id", (query) => readVolumes(call, query));
  return byHolder(rows, ({ serverIds: holders }) => holders);
}

/** Disks that fit a query; all of the project with an empty one. */
export async function readVolumes(
  call: HuaweiCall,
  query: Readonly<Record<string, string>> = {},
): Promise<readonly VolumeFacts[]> {
  return (await call.pages("evs", volumes, { query }, { field: "volumes", limit: volumePageLimit })).map(volumeFacts);
}

/** The ports of servers, by server. */
export async function readPortsOf(
  call: HuaweiCall,
  serverIds: readonly string[],
): Promise<ReadonlyMap<string, readonly PortFacts[]>> {
  const rows = await ofServers(serverIds, "device_id", (query) => readPorts(call, query));
  return byHolder(rows, ({ deviceId }) => (deviceId === undefined ? [] : [deviceId]));
}

/** Ports that fit a query; all of the project with an empty one. */
export async function readPorts(
  call: HuaweiCall,
  query: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<readonly PortFacts[]> {
  return (await call.pages("vpc", ports, { query }, { field: "ports", limit: networkPageLimit })).map(portFacts);
}

/** The project's EIPs. All of them: accounts hold few, and bound to what is told in four different fields. */
export async function readAddresses(call: HuaweiCall): Promise<readonly AddressFacts[]> {
  const list = { field: "publicips", limit: networkPageLimit };
  return (await call.pages("vpc", "GET /v3/{project_id}/eip/publicips", {}, list)).map(addressFacts);
}

/** Rows of some listing of VPC v3. */
export async function readNetwork(
  call: HuaweiCall,
  action: string,
  field: string,
  query: Readonly<Record<string, unknown>> = {},
): Promise<readonly Wire[]> {
  return await call.pages("vpc", action, { query }, { field, limit: networkPageLimit });
}

async function ofServers<Row>(
  serverIds: readonly string[],
  filter: string,
  read: (query: Readonly<Record<string, string>>) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  if (serverIds.length > askedOneByOne) return await read({});
  return (await Promise.all(serverIds.map((id) => read({ [filter]: id })))).flat();
}

function byHolder<Row>(
  rows: readonly Row[],
  holdersOf: (row: Row) => readonly string[],
): ReadonlyMap<string, readonly Row[]> {
  const byId = new Map<string, Row[]>();
  for (const row of new Set(rows))
    for (const holder of holdersOf(row)) byId.set(holder, [...(byId.get(holder) ?? []), row]);
  return byId;
}
