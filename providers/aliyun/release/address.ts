import { survey } from "../../../src/coverage.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import type { PublicAddress } from "../../../src/instances.js";
import { itemProblem, type ReleaseContext } from "../../../src/release/item.js";
import { holderOf, movedAddress, namedIn, namingKinds } from "../../../src/release/naming.js";
import { type OutlivingKind, releaseOutlived } from "../../../src/release/outlived.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import { controlRead } from "../absent.js";
import type { AliyunCall } from "../call.js";
import { openControls, withControls } from "../controls.js";
import { openSurvey } from "../dependencies/survey.js";
import { dependencyTable } from "../dependencies/table.js";
import type { InstanceFacts } from "../record.js";
import { standingInstances } from "./gone.js";

/**
 * Gives EIPs up, each only once its instance is gone, if it is still the same address of ours, nobody uses it and nothing
 * names it (S26). What is given up can be a stranger's within seconds.
 */
export async function releaseAddresses(
  context: ReleaseContext<AliyunCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  return await releaseOutlived(context, items, elasticIps);
}

const elasticIps: OutlivingKind<AliyunCall, PublicAddress, ElasticAddress> = {
  noun: "the EIP",
  standing: standingInstances,
  was: ({ publicAddresses }, id) => publicAddresses.find((address) => address.id === id),
  readNow: readAddress,
  unfit: (item, now, was) => movedAddress(item, was, now.ip) ?? unfit(item, now),
  keptBecause: ({ call }, item, was) => namedBy(call, item, was),
  effect: "address-released",
  noWayBack: ({ ip }) => `${ip} went back to Alibaba Cloud and can be anybody's.`,
  request: (AllocationId) => ({ service: "vpc", action: "ReleaseEipAddress", parameters: { AllocationId } }),
};

/** An EIP of the account, as it is now. */
interface ElasticAddress {
  readonly ip: string;
  readonly status: string;
  readonly holder?: string;
  readonly chargeType: string;
  readonly isProtected: boolean;
}

/** Reads one EIP; `undefined` where the account does not hold it. */
async function readAddress(call: AliyunCall, id: string): Promise<ElasticAddress | undefined> {
  const rows = await call.pages("vpc", "DescribeEipAddresses", { AllocationId: id }, 1);
  const row = rows.find((one) => one.text("AllocationId") === id);
  if (!row) return undefined;
  const holder = row.text("InstanceId");
  return {
    ip: row.text("IpAddress") ?? "",
    status: row.text("Status") ?? "unknown",
    ...(holder === undefined ? {} : { holder }),
    chargeType: row.text("ChargeType") ?? "unknown",
    isProtected: row.flag("DeletionProtection") ?? false,
  };
}

function unfit(item: DependencyRef, now: ElasticAddress): Problem | undefined {
  const { ip, status, holder, chargeType, isProtected } = now;
  if (holder !== undefined || status !== "Available") {
    const message = `${ip} is ${status}${holder === undefined ? "" : `, in use by ${holder}`}.`;
    return itemProblem(item, "dependency", message, "Whoever uses it now keeps it.");
  }
  // "Forbidden.ChargeTypeIsPrepaid" (ReleaseEipAddress): a refund is another order, which nobody chose.
  if (chargeType === "PrePaid") {
    return itemProblem(item, "prepaid", `${ip} is paid in advance.`, "Return it in the console, or let it expire.");
  }
  if (!isProtected) return undefined;
  const hint = "Switch it off first (vpc:DeletionProtection).";
  return itemProblem(item, "protected", `${ip} has deletion protection.`, hint);
}

async function namedBy(call: AliyunCall, item: DependencyRef, address: PublicAddress): Promise<Problem | undefined> {
  const holder = { record: holderOf(call, item.instanceId, address), facts: nothingKnown };
  const seen = { ...nothingRead, byId: new Map([[item.instanceId, holder]]) };
  const control = await controlRead(call);
  const controls = openControls(call, control?.by === "row" ? control.id : undefined);
  const rows = dependencyTable.filter(({ kind }) => namingKinds.has(kind)).map((row) => withControls(row, controls));
  return namedIn(await survey(rows, openSurvey(call, seen, controls)), item, address.ip);
}

const nothingKnown: InstanceFacts = {
  instanceType: "",
  chargeType: "PostPaid",
  recyclable: false,
  disks: [],
  interfaces: [],
  disputedDiskIds: [],
  unreadInterfaceIds: [],
};

const nothingRead = { evidence: { api: "ecs:DescribeInstances", said: "nothing", at: "" }, unread: {} };
