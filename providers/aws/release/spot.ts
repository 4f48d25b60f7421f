import { confirmByReading } from "../../../src/confirm.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { AwsCall } from "../call.js";
import { readSpotRequestsBy, type SpotRequest } from "../dependencies/spot.js";

const over: ReadonlySet<string> = new Set(["cancelled", "closed", "failed"]);

/** Cancels Spot requests, so that none launches another instance. It ends no instance ("CancelSpotInstanceRequests"). */
export async function cancelSpotRequests(
  { call, options }: ReleaseContext<AwsCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const requests = new Map((await readRequests(call, items)).map((request) => [request.id, request]));
  const cancelling = items.filter((item) => standing(item, requests.get(item.id)) === undefined);
  const effects = new Map(cancelling.map((item) => [item, cancelEffect(call, item)]));
  const answer =
    cancelling.length === 0 || options.dryRun ? undefined : await cancel(call, cancelling, [...effects.values()]);
  return items.map((item) => {
    const before = standing(item, requests.get(item.id));
    if (before) return before;
    const effect = effects.get(item);
    return answer && effect ? answered(item, answer, [effect]) : told(item, "would-release");
  });
}

/** The outcome of an item that there is nothing to cancel for; `undefined` for one that is still open. */
function standing(item: DependencyRef, request: SpotRequest | undefined): DependencyReleaseOutcome | undefined {
  if (!request) return { item, status: "not-found", instanceId: item.instanceId, effects: [] };
  if (over.has(request.state)) return told(item, "already-released");
  if (request.instanceId === undefined || request.instanceId === item.instanceId) return undefined;
  const message = `${item.id} holds ${request.instanceId}, not ${item.instanceId}.`;
  return kept(item, itemProblem(item, "conflict", message, "Read the dependencies again: it has launched another."));
}

async function readRequests(call: AwsCall, items: readonly DependencyRef[]): Promise<readonly SpotRequest[]> {
  return await readSpotRequestsBy(
    call,
    "spot-instance-request-id",
    items.map(({ id }) => id),
  );
}

async function cancel(call: AwsCall, items: readonly DependencyRef[], effects: readonly Effect[]) {
  return await call.requests.mutate({
    service: "ec2",
    action: "CancelSpotInstanceRequests",
    parameters: { SpotInstanceRequestIds: items.map(({ id }) => id) },
    instanceIds: items.map(({ instanceId }) => instanceId),
    effects,
    confirm: confirmByReading(call.requests, async () => {
      const ended = (await readRequests(call, items)).filter(({ state }) => over.has(state)).map(({ id }) => id);
      // One that the list leaves out is not known to have ended.
      return items.every(({ id }) => ended.includes(id));
    }),
  });
}

function cancelEffect(call: AwsCall, { kind, id, instanceId }: DependencyRef): Effect {
  return {
    ...call.scope,
    kind: "spot-request-cancelled",
    resource: { kind, id },
    instanceIds: [instanceId],
    undo: { impossible: "A cancelled Spot request cannot be opened again; a new one may get another price and place." },
  };
}
