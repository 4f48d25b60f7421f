import { survey } from "../../../src/coverage.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import type { PublicAddress } from "../../../src/instances.js";
import { itemProblem, type ReleaseContext } from "../../../src/release/item.js";
import { holderOf, movedAddress, namedIn, namingKinds } from "../../../src/release/naming.js";
import { type OutlivingKind, releaseOutlived } from "../../../src/release/outlived.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { AwsCall } from "../call.js";
import { openSurvey } from "../dependencies/survey.js";
import { dependencyTable } from "../dependencies/table.js";
import type { InstanceFacts } from "../record.js";
import { type ElasticAddress, readAddress } from "../revert/network.js";
import { standingInstances } from "./gone.js";

/**
 * Gives Elastic IPs up, each only once its instance is gone, if it is still the same address of ours, nobody uses it and
 * nothing names it (S26). What is given up can be a stranger's within seconds.
 */
export async function releaseAddresses(
  context: ReleaseContext<AwsCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  return await releaseOutlived(context, items, elasticIps);
}

const elasticIps: OutlivingKind<AwsCall, PublicAddress, ElasticAddress> = {
  noun: "the Elastic IP",
  standing: standingInstances,
  was: ({ publicAddresses }, id) => publicAddresses.find((address) => address.id === id),
  readNow: readAddress,
  unfit: (item, now, was) => movedAddress(item, was, now.ip) ?? inUse(item, now),
  keptBecause: ({ call }, item, was) => namedBy(call, item, was),
  effect: "address-released",
  noWayBack: ({ ip }) =>
    `${ip} went back to AWS and can be anybody's; ask for it with AllocateAddress while it is free.`,
  request: (AllocationId) => ({ service: "ec2", action: "ReleaseAddress", parameters: { AllocationId } }),
  // For this one request AuthFailure means that the address is somebody else's by now ("ReleaseAddress", EC2 API).
  isAway: ({ cloudCode }) => cloudCode === "AuthFailure",
};

function inUse(item: DependencyRef, now: ElasticAddress): Problem | undefined {
  if (now.associationId === undefined && now.networkInterfaceId === undefined) return undefined;
  const message = `${now.ip} is in use by ${now.instanceId ?? now.networkInterfaceId ?? now.associationId}.`;
  return itemProblem(item, "dependency", message, "Whoever uses it now keeps it.");
}

async function namedBy(call: AwsCall, item: DependencyRef, address: PublicAddress): Promise<Problem | undefined> {
  const holder = { record: holderOf(call, item.instanceId, address), facts: nothingKnown };
  const seen = { ...nothingRead, byId: new Map([[item.instanceId, holder]]) };
  const sources = dependencyTable.filter(({ kind }) => namingKinds.has(kind));
  return namedIn(await survey(sources, openSurvey(call, seen, "by-cloud")), item, address.ip);
}

const nothingKnown: InstanceFacts = {
  instanceType: "",
  rootDevice: "ebs",
  dnsNames: [],
  sourceDestCheck: "unknown",
  devices: new Map(),
  disputedVolumeIds: [],
  instanceStoresKnown: true,
};

const nothingRead = {
  evidence: { api: "ec2:DescribeInstances", said: "nothing", at: "" },
  volumesOf: new Map(),
  unread: {},
};
