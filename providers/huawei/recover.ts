import { mapConcurrent } from "../../src/batch.js";
import { type Scope, sameScope } from "../../src/common.js";
import { confirmByReading } from "../../src/confirm.js";
import type { Effect } from "../../src/effects.js";
import { DecommissionError, invalidRequest, type Problem, problemOf } from "../../src/errors.js";
import { type InstanceTarget, isRecord } from "../../src/instances.js";
import { refused } from "../../src/outcomes.js";
import { pollUntil } from "../../src/poll.js";
import type { RecoverableRef, RecoverOptions, RecoverOutcome } from "../../src/reversal.js";
import type { HuaweiCall, OpenHuaweiCall } from "./call.js";
import { instanceIdForm, readStates } from "./instances.js";
import { readVolumes, volumePageLimit } from "./listings.js";
import { readRecycled } from "./recycled.js";

type Item = InstanceTarget | RecoverableRef;
type Kind = "instance" | "disk";

const concurrency = 4;
/** Reverting takes a job of seconds to minutes. */
const pace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };

/** How each kind is found in its bin and outside of it, and taken out. */
interface BinAccess {
  readonly service: string;
  readonly action: string;
  readonly parameter: string;
  stateOf(call: HuaweiCall, id: string): Promise<"in" | "out" | "absent">;
}

const bins: Readonly<Record<Kind, BinAccess>> = {
  instance: {
    service: "ecs",
    action: "POST /v1/{project_id}/recycle-bin/cloudservers/{server_id}/actions/revert",
    parameter: "server_id",
    stateOf: async (call, id) => {
      const { byId, unread } = await readStates(call, [id]);
      const seen = byId.get(id);
      // Where the bin could not be looked into, neither "absent" nor "out of it" is known.
      if (unread.bin) throw new DecommissionError(unread.bin);
      if (seen?.facts.perhapsBinned) await readRecycled(call);
      const state = seen?.record.state.unified;
      return state === undefined || state === "gone" ? "absent" : state === "recycled" ? "in" : "out";
    },
  },
  disk: {
    service: "evs",
    action: "POST /v3/{project_id}/recycle-bin-volumes/{volume_id}/revert",
    parameter: "volume_id",
    stateOf: async (call, id) => {
      const list = { field: "volumes", limit: volumePageLimit, by: "offset" } as const;
      const binned = await call.pages(
        "evs",
        "GET /v3/{project_id}/recycle-bin-volumes/detail",
        { query: { id } },
        list,
      );
      if (binned.some((row) => row.text("id") === id)) return "in";
      return (await readVolumes(call, { id })).some((volume) => volume.id === id) ? "out" : "absent";
    },
  },
};

/** Takes servers, with the disks they took along, and disks out of their recycle bins. Neither costs anything in itself. */
export async function recover(
  open: OpenHuaweiCall,
  items: readonly Item[],
  options: RecoverOptions = {},
): Promise<readonly RecoverOutcome[]> {
  for (const item of items) checkItem(item);
  if (items.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  return await mapConcurrent(items, concurrency, async (item): Promise<RecoverOutcome> => {
    const problem = refusalOf(item, call.scope);
    if (problem) return { item, status: "blocked", problem };
    try {
      return await takeOut(call, item, options);
    } catch (error) {
      return { item, status: "failed", problem: problemOf(error) };
    }
  });
}

/** Ids go into paths as they are, and all of these are of one form. */
function checkItem(item: Item): void {
  const id = typeof item === "string" ? item : item.id;
  if (typeof id === "string" && instanceIdForm.test(id)) return;
  throw invalidRequest(`${JSON.stringify(id)} is no id of what could be recovered.`, "Pass an id or what was seen.");
}

function refusalOf(item: Item, scope: Scope): Problem | undefined {
  if (typeof item !== "string" && !sameScope(item, scope)) {
    const message = `${item.id} belongs to ${item.accountId} in ${item.region}.`;
    return problem("wrong-account", message, "Use the credentials, region and project it belongs to.");
  }
  const { kind } = whatOf(item);
  if (kind === "instance" || kind === "disk") return undefined;
  const message = `There is no bin here from which a ${kind} could be taken.`;
  return problem("unsupported", message, "Only servers and disks have one.");
}

function whatOf(item: Item): Pick<RecoverableRef, "kind" | "id" | "instanceId"> {
  if (typeof item === "string") return { kind: "instance", id: item, instanceId: item };
  return isRecord(item) ? { kind: "instance", id: item.id, instanceId: item.id } : item;
}

async function takeOut(call: HuaweiCall, item: Item, options: RecoverOptions): Promise<RecoverOutcome> {
  const { id, kind, instanceId } = whatOf(item);
  if (kind !== "instance" && kind !== "disk") return { item, status: "not-found" };
  const { service, action, parameter, stateOf } = bins[kind];
  const state = await stateOf(call, id);
  if (state !== "in") return { item, status: state === "out" ? "not-recycled" : "not-found" };
  if (options.dryRun) return { item, status: "would-recover" };
  const isOut = async () => (await stateOf(call, id)) === "out";
  const effect: Effect = {
    ...call.scope,
    kind: "instance-recovered",
    resource: { kind, id },
    instanceIds: instanceId === undefined ? [] : [instanceId],
    undo: { impossible: `Deleting ${id} puts it back into the bin only where the bin would take it now.` },
  };
  const answer = await call.requests.mutate({
    service,
    action,
    parameters: { path: { [parameter]: id } },
    instanceIds: effect.instanceIds,
    effects: [effect],
    confirm: confirmByReading(call.requests, isOut),
  });
  if (answer.effect === "unknown") return { item, status: "unknown", problem: answer.problem };
  if (answer.effect === "not-applied") {
    return { item, status: answer.sent ? refused(id, answer.problem).status : "blocked", problem: answer.problem };
  }
  const { done } = await pollUntil(call.requests, pace, isOut, (out) => out);
  if (done) return { item, status: "recovered", effects: [effect] };
  const message = `${id} was to come back and is not seen outside of the bin yet.`;
  return { item, status: "unknown", problem: problem("wrong-state", message, "Look at it again later.") };
}

function problem(code: Problem["code"], message: string, hint: string): Problem {
  return { code, message, hint, cloud: "huawei" };
}
