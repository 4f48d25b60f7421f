import type { JsonObject } from "../../../src/common.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { InstanceRecord } from "../../../src/instances.js";
import { givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { AliyunCall } from "../call.js";
import { type Backend, changeBackends, readPlace, sameBackend } from "../release/backends.js";
import { whileBusy } from "../release/targets.js";
import { caughtUp, type Undo } from "./undo.js";

/** Registers an instance with its load balancer again, with the port and weight it had. */
export async function register(
  call: AliyunCall,
  effect: Undo<"rejoin">,
  record: InstanceRecord,
): Promise<RevertResult> {
  const { node, detail } = effect.undo;
  const backend = backendOf(detail);
  // An address may be a stranger's by now (S25).
  if (backend.type.toLowerCase() === "ip" && !record.privateIps.includes(backend.serverId)) {
    return {
      status: "not-restored",
      cause: "address-released",
      why: `${record.id} does not hold ${backend.serverId} now.`,
    };
  }
  const isIn = async () =>
    (await readPlace(call, node.id))?.backends.some((one) => sameBackend(one, backend) && !one.leaving);
  const present = await caughtUp(call, isIn, (registered) => registered !== true);
  if (present === undefined) return resourceGone(`${node.id} is gone.`);
  if (present) return { status: "already-reverted" };
  const place = await readPlace(call, node.id);
  if (!place) return resourceGone(`${node.id} is gone.`);
  const { kind, id } = place;
  if (kind === "clb-pair") return { status: "not-reverted", cause: "impossible", why: "A pair cannot be changed." };
  const send = () =>
    changeBackends(call, "add", { kind, id }, [backend], {
      instanceIds: effect.instanceIds,
      effects: [givingBack(effect)],
      confirm: confirmByReading(call.requests, async () => (await isIn()) === true),
    });
  return resultOf(await whileBusy(call, send));
}

function backendOf({ serverId, type, ip, port, weight }: JsonObject): Backend {
  return {
    serverId: String(serverId),
    type: String(type),
    ...(typeof ip === "string" ? { ip } : {}),
    ...(typeof port === "number" ? { port } : {}),
    ...(typeof weight === "number" ? { weight } : {}),
    leaving: false,
  };
}
