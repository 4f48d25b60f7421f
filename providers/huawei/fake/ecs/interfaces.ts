import type { JsonObject } from "../../../../src/common.js";
import { records, text } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { startJob } from "../jobs.js";
import { portsOf } from "../network.js";
import type { Port, Server } from "../records.js";
import { type Asked, ecs } from "../service.js";
import { change, existing, type HuaweiActions } from "../state.js";
import { dropPort } from "../storage.js";
import { timings } from "../timings.js";
import { serverOf } from "./describe.js";
import { refuseBinned, refuseLocked } from "./guard.js";

function interfaceOf(port: Port): JsonObject {
  return {
    port_state: "ACTIVE",
    fixed_ips: port.ips.map((ip_address) => ({ subnet_id: port.subnetId, ip_address })),
    net_id: port.subnetId,
    port_id: port.id,
    mac_addr: port.mac,
    delete_on_termination: port.deleteOnTermination,
    driver_mode: null,
    min_rate: null,
    multiqueue_num: null,
    pci_address: null,
  };
}

function listInterfaces(asked: Asked): JsonObject {
  const server = asked.state.servers.get(asked.path.server_id ?? "");
  // As Terraform's provider met it: HTTP 400, and Nova's 404 only in the text.
  if (!server) throw refusal("Ecs.0307", '{"itemNotFound": {"message": "Instance not found", "code": 404}}', 400);
  return {
    attachableQuantity: { free_nic: 12 - server.portIds.length, free_efi_nic: 0 },
    interfaceAttachments: portsOf(asked.state, server).map(interfaceOf),
  };
}

/** Takes extra interfaces off. A port that was made with the server is deleted, one that was there before is not. */
function deleteNics(asked: Asked): JsonObject {
  const server = serverOf(asked);
  refuseLocked([server]);
  refuseBinned([server]);
  const ids = records(asked.body, "nics").map((nic) => text(nic, "id") ?? "");
  for (const id of ids) {
    const port = server.portIds.includes(id) ? asked.state.ports.get(id) : undefined;
    if (!port || port.primary) throw refusal("Ecs.0502", `The NIC ${id} cannot be deleted.`, 400);
  }
  const work = ids.map((id) => {
    asked.effect(id);
    return { entities: { nic_id: id }, durationMs: timings.interfaceMs, done: () => takeOff(asked, server, id) };
  });
  return { job_id: startJob(asked, "ecs", "batchDeleteNics", work) };
}

function takeOff(asked: Asked, { id: serverId }: Server, id: string): void {
  const { state } = asked;
  const server = state.servers.get(serverId);
  const port = state.ports.get(id);
  if (server) change(state.servers, serverId, { portIds: server.portIds.filter((one) => one !== id) });
  if (!port) return;
  if (port.deleteOnTermination) dropPort(asked, port);
  else change(state.ports, id, { serverId: undefined, owner: "" });
}

function detachInterface(asked: Asked): undefined {
  const server = serverOf(asked);
  const port = existing(asked.state.ports, asked.path.port_id ?? "", "itemNotFound", "port");
  if (port.serverId !== server.id) throw refusal("itemNotFound", "The interface is not attached.", 404);
  if (port.primary) throw refusal("badRequest", "The primary interface cannot be detached.", 400);
  asked.effect(port.id);
  asked.later(timings.interfaceMs, () => takeOff(asked, server, port.id));
  return undefined;
}

/** Interfaces of a server. */
export const interfaceActions: HuaweiActions = {
  "ecs:GET /v1/{project_id}/cloudservers/{server_id}/os-interface": ecs.read("", listInterfaces),
  "ecs:POST /v1/{project_id}/cloudservers/{server_id}/nics/delete": ecs.write("nics[]{id!}!", deleteNics),
  "ecs:DELETE /v2.1/{project_id}/servers/{server_id}/os-interface/{port_id}": ecs.remove("", detachInterface, {
    success: 202,
  }),
};
