import type { DependencyRef } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import type { PublicAddress } from "../../../src/instances.js";
import { pollUntil } from "../../../src/poll.js";
import { itemProblem, kept, type ReleaseContext } from "../../../src/release/item.js";
import { movedAddress } from "../../../src/release/naming.js";
import { type OutlivingKind, releaseOutlived } from "../../../src/release/outlived.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { namedBy } from "./address-names.js";
import { standingInstances } from "./gone.js";

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
  const isOther = (item: DependencyRef) => item.id.startsWith("eipv6-") || ipOf(context, item).includes(":");
  const released = await releaseOutlived(
    context,
    items.filter((item) => !isOther(item)),
    elasticAddresses,
  );
  const outcomes = new Map(released.map((outcome) => [outcome.item, outcome]));
  return items.map((item) => outcomes.get(item) ?? kept(item, version6(item)));
}

function ipOf({ sightings }: ReleaseContext<TencentCall>, { id, instanceId }: DependencyRef): string {
  return sightings.get(instanceId)?.publicAddresses.find((address) => address.id === id)?.ip ?? "";
}

/** They have a listing and a release of their own: asked about here, one would look as if it were gone. */
function version6(item: DependencyRef): Problem {
  const message = `${item.id} is an address of IPv6, which is not released from here.`;
  return itemProblem(item, "unsupported", message, "Release it in the console, or by ReleaseIPv6Addresses.");
}

const elasticAddresses: OutlivingKind<TencentCall, PublicAddress, ElasticAddress> = {
  noun: "the elastic address",
  standing: standingInstances,
  was: ({ publicAddresses }, id) => publicAddresses.find((address) => address.id === id),
  readNow: readUnbound,
  unfit: (item, now, was) => movedAddress(item, was, now.ip) ?? unfit(item, now),
  keptBecause: ({ call }, item, was) => namedBy(call, item, was),
  effect: "address-released",
  noWayBack: ({ ip }) => `${ip} went back to the cloud and can be anybody's.`,
  request: (id) => ({ service: "vpc", action: "ReleaseAddresses", parameters: { AddressIds: [id] } }),
  untilDone: waitUntilGone,
};

/** One address, once it is off the instance that is gone. */
async function readUnbound(call: TencentCall, id: string): Promise<ElasticAddress | undefined> {
  const look = () => readAddress(call, id);
  const { last } = await pollUntil(call.requests, taskPace, look, (address) => address?.status !== "UNBINDING");
  return last;
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

function unfit(item: DependencyRef, now: ElasticAddress): Problem | undefined {
  if (now.isPrepaid) {
    // The first request returns it for money, the second one releases it (S51).
    const message = `${now.ip} is paid in advance or overdue, and returning it moves money.`;
    return itemProblem(item, "prepaid", message, "Return it by hand, or let it expire.");
  }
  if (now.status === "UNBIND" && now.holder === undefined) return undefined;
  const message = `${now.ip} is ${now.status}${now.holder === undefined ? "" : `, in use by ${now.holder}`}.`;
  return itemProblem(item, "dependency", message, "Whoever uses it now keeps it.");
}
