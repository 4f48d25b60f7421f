import { mapConcurrent } from "../../../src/batch.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import type { PublicAddress } from "../../../src/instances.js";
import { pollUntil } from "../../../src/poll.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { namedBy } from "./address-names.js";
import { standingInstances } from "./gone.js";

const concurrency = 4;
/** Unbinding and releasing are tasks of some seconds. */
const taskPace = { firstDelayMs: 1_000, longestDelayMs: 5_000, giveUpAfterMs: 2 * 60_000 };

/** An elastic address as it is now. */
interface ElasticAddress {
  readonly ip: string;
  readonly status: string;
  readonly holder?: string;
  readonly isPrepaid: boolean;
}

/**
 * Gives elastic addresses up, each only once its instance is gone, if it is still the same address of ours, nobody uses
 * it and nothing names it (S26). What is given up can be a stranger's within seconds.
 */
export async function releaseAddresses(
  context: ReleaseContext<TencentCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const standing = await standingInstances(context, items);
  return await mapConcurrent(items, concurrency, async (item) => {
    const problem = standing.get(item);
    return problem ? kept(item, problem) : await releaseOne(context, item);
  });
}

async function releaseOne(
  { call, options, sightings }: ReleaseContext<TencentCall>,
  item: DependencyRef,
): Promise<DependencyReleaseOutcome> {
  const seen = sightings.get(item.instanceId)?.publicAddresses.find(({ id }) => id === item.id);
  if (!seen) return kept(item, neverSeen(item));
  const { last: now } = await pollUntil(
    call.requests,
    taskPace,
    () => readAddress(call, item.id),
    (address) => address?.status !== "UNBINDING",
  );
  if (!now) return told(item, "already-released");
  const problem = unfit(item, seen, now) ?? (await namedBy(call, item, seen));
  if (problem) return kept(item, problem);
  if (options.dryRun) return told(item, "would-release");
  const effect = releaseEffect(call, item, seen);
  const isLeaving = async () => (await readAddress(call, item.id)) === undefined;
  const answer = await call.requests.mutate({
    service: "vpc",
    action: "ReleaseAddresses",
    parameters: { AddressIds: [item.id] },
    instanceIds: [item.instanceId],
    effects: [effect],
    // The second of two reads, as the request leaves: it may have waited for its turn.
    justBefore: async () => {
      const last = await readAddress(call, item.id);
      return last
        ? unfit(item, seen, last)
        : itemProblem(item, "not-found", `${item.id} is gone already.`, "Nothing is left to do.");
    },
    confirm: confirmByReading(call.requests, isLeaving),
  });
  if (answer.effect === "not-applied" && answer.problem.code === "not-found") return told(item, "already-released");
  if (answer.effect === "applied") await waitUntilGone(call, item.id);
  return answered(item, answer, [effect]);
}

async function waitUntilGone(call: TencentCall, id: string): Promise<void> {
  try {
    await pollUntil(
      call.requests,
      taskPace,
      () => addressRow(call, id),
      (row) => row === undefined,
    );
  } catch {
    // The cloud has taken the request; that its end could not be watched takes nothing from that.
  }
}

/** One address that is not on its way out; `undefined` where the account does not hold it. */
async function readAddress(call: TencentCall, id: string): Promise<ElasticAddress | undefined> {
  const row = await addressRow(call, id);
  const status = row?.text("AddressStatus") ?? "";
  if (!row || status === "OFFLINING") return undefined;
  const holder = row.text("InstanceId") ?? row.text("NetworkInterfaceId");
  return {
    ip: row.text("AddressIp") ?? "",
    status,
    ...(holder === undefined ? {} : { holder }),
    isPrepaid: row.text("InternetChargeType") === "BANDWIDTH_PREPAID_BY_MONTH" || row.flag("IsArrears") === true,
  };
}

async function addressRow(call: TencentCall, id: string): Promise<Wire | undefined> {
  const list = { field: "AddressSet", id: "AddressId" } as const;
  const [row] = await call.pages("vpc", "DescribeAddresses", { AddressIds: [id] }, list);
  return row;
}

function unfit(item: DependencyRef, seen: PublicAddress, now: ElasticAddress): Problem | undefined {
  if (now.ip !== seen.ip) {
    const message = `${item.id} is ${now.ip} now, it was ${seen.ip}.`;
    return itemProblem(item, "drifted", message, "Read the dependencies again.");
  }
  if (now.isPrepaid) {
    // The first request returns it for money, the second one releases it (S51).
    const message = `${item.id} is paid in advance or overdue, and returning it moves money.`;
    return itemProblem(item, "prepaid", message, "Return it by hand, or let it expire.");
  }
  if (now.status === "UNBIND" && now.holder === undefined) return undefined;
  const message = `${now.ip} is ${now.status}${now.holder === undefined ? "" : `, in use by ${now.holder}`}.`;
  return itemProblem(item, "dependency", message, "Whoever uses it now keeps it.");
}

function releaseEffect(call: TencentCall, { kind, id, instanceId }: DependencyRef, { ip }: PublicAddress): Effect {
  return {
    ...call.scope,
    kind: "address-released",
    resource: { kind, id },
    instanceIds: [instanceId],
    undo: { impossible: `${ip} went back to the cloud and can be anybody's.` },
  };
}

function neverSeen(item: DependencyRef): Problem {
  const message = `No sighting of ${item.instanceId} shows the elastic address ${item.id}.`;
  return itemProblem(item, "not-found", message, "Pass what was seen of the instance in `sightings`.");
}
