import type { JsonObject } from "../../../../src/common.js";
import { groupIdsOf, portsOf, publicIpsOf } from "../network.js";
import type { Server } from "../records.js";
import type { HuaweiState } from "../state.js";
import { bare, utc, utcMillis } from "../times.js";

/*
 * A server as the APIs show it. What the SDK's models call mandatory is missing or null in recorded answers now and
 * then; these shapes follow the recordings.
 */

const vmStates: Readonly<Record<Server["status"], string>> = {
  ACTIVE: "active",
  BUILD: "building",
  ERROR: "error",
  MIGRATING: "active",
  REBOOT: "active",
  REBUILD: "active",
  RESCUE: "rescued",
  RESIZE: "active",
  SHUTOFF: "stopped",
  SOFT_DELETED: "soft-delete",
};

/** Running, or not: Nova's numbers. */
function powerState({ status }: Server): number {
  return status === "SHUTOFF" || status === "SOFT_DELETED" || status === "ERROR" ? 4 : 1;
}

/** Metadata: the platform's keys among the owner's. Booleans and numbers are texts. */
export function metadataOf(server: Server): JsonObject {
  const order = server.locks.find((lock) => lock.by === "order");
  return {
    ...server.metadata,
    charging_mode: server.chargingMode,
    vpc_id: server.vpcId,
    os_type: "Linux",
    os_bit: "64",
    image_name: "Huawei Cloud EulerOS 2.0 Standard 64 bit",
    "metering.image_id": "51a76dc4-4f4b-4d3b-9d33-2b3b6a3f0a11",
    "metering.imagetype": "gold",
    "metering.resourcespeccode": `${server.flavor}.linux`,
    "metering.resourcetype": "1",
    EcmResStatus: server.frozen ? "freeze" : "normal",
    lockScene: order ? "TO_PERIOD_LOCK" : "",
    lockSource: order ? "ORDER" : "",
    lockSourceId: order?.orderId ?? "",
    lockCheckEndpoint: "",
    ...(server.orderId === undefined ? {} : { "metering.order_id": server.orderId }),
    ...(server.agencyName === undefined ? {} : { agency_name: server.agencyName }),
  };
}

/** Tags as ECS lists them: `key=value`, or the key alone. */
export function tagTexts({ tags }: Server): readonly string[] {
  return Object.entries(tags).map(([key, value]) => (value === "" ? key : `${key}=${value}`));
}

function systemTags(server: Server): readonly JsonObject[] {
  const all = { _sys_enterprise_project_id: "0", ...server.systemTags };
  return Object.entries(all).map(([key, value]) => ({ key, value }));
}

/** Addresses under the id of their network: each private one, and after it the public one that is bound to its port. */
function addressesOf(state: HuaweiState, server: Server): JsonObject {
  const publicIps = publicIpsOf(state, server);
  const list = portsOf(state, server).flatMap((port): readonly JsonObject[] => {
    const entry = (addr: string, type: string) => ({
      version: "4",
      addr,
      primary: port.primary,
      "OS-EXT-IPS:type": type,
      "OS-EXT-IPS-MAC:mac_addr": port.mac,
      "OS-EXT-IPS:port_id": port.id,
    });
    const bound = publicIps.filter(({ portId }) => portId === port.id);
    return [...port.ips.map((ip) => entry(ip, "fixed")), ...bound.map(({ ip }) => entry(ip, "floating"))];
  });
  return { [server.vpcId]: list };
}

function groupsOf(state: HuaweiState, server: Server): readonly JsonObject[] {
  return groupIdsOf(state, server).map((id) => ({ name: state.groups.get(id)?.name ?? "", id }));
}

/** `GET /v1/…/cloudservers/detail` and `/{server_id}`. User data is there only when a single server is asked for. */
export function detail(state: HuaweiState, server: Server): JsonObject {
  return {
    fault: null,
    id: server.id,
    name: server.name,
    addresses: addressesOf(state, server),
    flavor: { id: server.flavor, name: server.flavor, vcpus: "2", ram: "4096", disk: "0", gpus: [] },
    accessIPv4: "",
    accessIPv6: "",
    status: server.status,
    progress: 0,
    hostId: "7287718db37647097331e78740d12c015e986cb659f0d61d01fa3ee0",
    image: { id: "51a76dc4-4f4b-4d3b-9d33-2b3b6a3f0a11" },
    updated: utc(server.updatedAt),
    created: utc(server.createdAt),
    metadata: metadataOf(server),
    tags: tagTexts(server),
    description: "",
    locked: server.locks.length > 0,
    config_drive: "",
    tenant_id: state.projectId,
    user_id: "6586457e2f4b4ffb8fa1c2d3e4f50617",
    key_name: server.keyName,
    "os-extended-volumes:volumes_attached": server.attachments.map((one) => ({
      id: one.diskId,
      delete_on_termination: String(one.deleteOnTermination),
      bootIndex: one.isBoot ? "0" : "-1",
      device: one.device,
    })),
    "OS-EXT-STS:task_state": server.taskState,
    "OS-EXT-STS:power_state": powerState(server),
    "OS-EXT-STS:vm_state": vmStates[server.status],
    "OS-EXT-SRV-ATTR:host": `${server.zone}.dc1`,
    "OS-EXT-SRV-ATTR:hostname": server.name,
    "OS-EXT-SRV-ATTR:instance_name": `instance-${server.id.slice(0, 8)}`,
    "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda",
    "OS-DCF:diskConfig": "MANUAL",
    "OS-EXT-AZ:availability_zone": server.zone,
    "os:scheduler_hints":
      server.hostId === undefined ? {} : { tenancy: ["dedicated"], dedicated_host_id: [server.hostId] },
    "OS-SRV-USG:launched_at": bare(server.launchedAt),
    "OS-SRV-USG:terminated_at": null,
    sys_tags: systemTags(server),
    security_groups: groupsOf(state, server),
    host_status: "UP",
    enterprise_project_id: "0",
    auto_terminate_time: server.autoTerminateAt === undefined ? "" : utc(server.autoTerminateAt),
    hypervisor: { hypervisor_type: "QEMU", csd_hypervisor: "" },
  };
}

/** What `server_id=` answers for an id that is no server here: an entry with nothing in it but id and fault. */
export function ghost(state: HuaweiState, sample: Server | undefined, id: string): JsonObject {
  const names = sample ? Object.keys(detail(state, sample)) : ["status", "metadata", "name", "tags"];
  const fault = { code: 404, message: `Instance ${id} could not be found.`, created: null, details: null };
  return { ...Object.fromEntries(names.map((name) => [name, null])), id, fault };
}

/** Fields that `GET /v1.1/…/cloudservers/detail` shows only when they are asked for ("expect-fields"). */
const expected: Readonly<Record<string, (state: HuaweiState, server: Server) => JsonObject[string]>> = {
  launched_at: (_state, server) => bare(server.launchedAt),
  key_name: (_state, server) => server.keyName,
  locked: (_state, server) => server.locks.length > 0,
  root_device_name: () => "/dev/vda",
  tenancy: (_state, server) => (server.hostId === undefined ? "shared" : "dedicated"),
  dedicated_host_id: (_state, server) => server.hostId ?? "",
  enterprise_project_id: () => "0",
  tags: (_state, server) => tagTexts(server),
  metadata: (_state, server) => metadataOf(server),
  addresses: addressesOf,
  security_groups: groupsOf,
  // Booleans here, texts in v1.
  volumes_attached: ({ disks }, { attachments }) =>
    attachments.map((one) => ({
      id: one.diskId,
      delete_on_termination: one.deleteOnTermination,
      bootIndex: one.isBoot ? "0" : "-1",
      device: one.device,
      size: disks.get(one.diskId)?.sizeGiB ?? 0,
    })),
  image: () => ({ id: "51a76dc4-4f4b-4d3b-9d33-2b3b6a3f0a11" }),
  power_state: (_state, server) => powerState(server),
  cpu_options: () => ({ hw_cpu_threads: null }),
  market_info: (_state, server) => marketOf(server),
};

/** Names that `expect-fields` takes. */
export const expectedFields = Object.keys(expected);

function marketOf({ chargingMode, expiresAt }: Server): JsonObject {
  const charge_mode = { "0": "POSTPAID", "1": "PREPAID", "2": "SPOT" }[chargingMode];
  return {
    charge_mode,
    ...(expiresAt === undefined ? {} : { prepaid_info: { expired_time: utcMillis(expiresAt) } }),
  };
}

/** `GET /v1.1/…/cloudservers/detail`. */
export function summary(state: HuaweiState, server: Server, fields: readonly string[]): JsonObject {
  return {
    id: server.id,
    name: server.name,
    status: server.status,
    tenant_id: state.projectId,
    user_id: "6586457e2f4b4ffb8fa1c2d3e4f50617",
    availability_zone: server.zone,
    vm_state: vmStates[server.status],
    task_state: server.taskState,
    created: utc(server.createdAt),
    updated: utc(server.updatedAt),
    in_recycle_bin: server.bin !== undefined,
    spod_id: null,
    description: "",
    flavor: { id: server.flavor, name: server.flavor, vcpus: "2", ram: "4096" },
    fault: null,
    ...Object.fromEntries(fields.map((field) => [field, expected[field]?.(state, server) ?? null])),
  };
}
