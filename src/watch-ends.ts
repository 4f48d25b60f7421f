import { DecommissionError } from "./errors.js";
import type { InstanceRecord } from "./instances.js";
import type { ReadInstances, Seen } from "./look.js";
import { type PollPace, pollUntil } from "./poll.js";
import type { Requests } from "./requests.js";
import type { Evidence, VerifyOptions } from "./verification.js";

/** How an instance stood when it was last looked at. */
export interface LastSeen {
  /** Absent: it was not listed. */
  readonly record?: InstanceRecord;
  /** What the cloud said of it, each change once. */
  readonly evidence: readonly Evidence[];
}

/** How the end of instances is waited for. */
export interface EndWatch {
  readonly requests: Requests;
  readonly look: ReadInstances<Seen>;
  readonly pace: PollPace;
  /** How long an instance may look alive before that is believed, in milliseconds: reads lag, and requests queue. */
  readonly graceMs: number;
}

/**
 * Looks at instances in bulk until each has come as far as was asked, leaving out those that have. Answers what was
 * last seen when time is up; throws `aborted` when the caller stops it.
 */
export async function watchEnds(
  watch: EndWatch,
  ids: readonly string[],
  until: NonNullable<VerifyOptions["until"]>,
): Promise<ReadonlyMap<string, LastSeen>> {
  const { requests } = watch;
  const seen = new Map<string, LastSeen>();
  const startedAt = requests.clock.now();
  let pending = ids;
  const read = async () => {
    const { byId, evidence } = await watch.look(pending);
    for (const id of pending) seen.set(id, noted(seen.get(id), id, byId.get(id)?.record, evidence));
    const patient = requests.clock.now() - startedAt < watch.graceMs;
    pending = pending.filter((id) => !hasEnded(seen.get(id)?.record, until, patient));
    requests.emit({
      type: "progress",
      operation: "verifyDeleted",
      done: ids.length - pending.length,
      total: ids.length,
      ...(pending.length === 0 ? {} : { waitingFor: until }),
    });
    return pending.length;
  };
  await pollUntil(requests, watch.pace, read, (left) => left === 0);
  const stop = requests.stopped();
  if (stop?.code === "aborted") throw new DecommissionError(stop);
  return seen;
}

function noted(
  before: LastSeen | undefined,
  id: string,
  record: InstanceRecord | undefined,
  evidence: Evidence,
): LastSeen {
  const said = record ? `${id} is ${record.state.raw}` : `${id} is not listed`;
  const earlier = before?.evidence ?? [];
  const unchanged = earlier.at(-1)?.said === said;
  return {
    ...(record ? { record } : {}),
    evidence: [...(unchanged ? earlier.slice(0, -1) : earlier), { ...evidence, said }],
  };
}

function hasEnded(
  record: InstanceRecord | undefined,
  until: NonNullable<VerifyOptions["until"]>,
  patient: boolean,
): boolean {
  if (!record || record.scheduledReleaseAt !== undefined) return true;
  switch (record.state.unified) {
    case "gone":
    case "recycled":
      return true;
    case "terminating":
      return until !== "gone";
    case "pending":
    case "running":
    case "stopping":
    case "stopped":
    case "unknown":
      return !patient;
  }
}
