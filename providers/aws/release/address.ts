import { mapConcurrent } from "../../../src/batch.js";
import { confirmByReading } from "../../../src/confirm.js";
import { survey } from "../../../src/coverage.js";
import type { DependencyKind, DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import type { PublicAddress } from "../../../src/instances.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { AwsCall } from "../call.js";
import { openSurvey } from "../dependencies/survey.js";
import { dependencyTable } from "../dependencies/table.js";
import type { SeenInstance } from "../record.js";
import { type ElasticAddress, readAddress } from "../revert/network.js";
import { standingInstances } from "./gone.js";

const concurrency = 4;

/**
 * Gives Elastic IPs up, each only once its instance is gone, if it is still the same address of ours, nobody uses it and
 * nothing names it (S26). What is given up can be a stranger's within seconds.
 */
export async function releaseAddresses(
  context: ReleaseContext<AwsCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const standing = await standingInstances(context, items);
  return await mapConcurrent(items, concurrency, async (item) => {
    const problem = standing.get(item);
    return problem ? kept(item, problem) : await releaseOne(context, item);
  });
}

async function releaseOne({ call, options, sightings }: ReleaseContext<AwsCall>, item: DependencyRef) {
  const seen = sightings.get(item.instanceId)?.publicAddresses.find(({ id }) => id === item.id);
  if (!seen) return kept(item, neverSeen(item));
  const now = await readAddress(call, item.id);
  if (!now) return told(item, "already-released");
  const problem = unfit(item, seen, now) ?? (await namedBy(call, item, seen));
  if (problem) return kept(item, problem);
  if (options.dryRun) return told(item, "would-release");
  const effect = releaseEffect(call, item, seen);
  const answer = await call.requests.mutate({
    service: "ec2",
    action: "ReleaseAddress",
    parameters: { AllocationId: item.id },
    instanceIds: [item.instanceId],
    effects: [effect],
    // The second of two reads, as the request leaves: it may have waited for its turn.
    justBefore: async () => {
      const last = await readAddress(call, item.id);
      return last
        ? unfit(item, seen, last)
        : itemProblem(item, "not-found", `${item.id} is gone already.`, "Nothing is left to do.");
    },
    confirm: confirmByReading(call.requests, async () => (await readAddress(call, item.id)) === undefined),
  });
  const { cloudCode, code } = answer.problem ?? {};
  // For this one request AuthFailure means that the address is somebody else's by now ("ReleaseAddress", EC2 API).
  const away = answer.effect === "not-applied" && (cloudCode === "AuthFailure" || code === "not-found");
  if (away && (await readAddress(call, item.id)) === undefined) return told(item, "already-released");
  return answered(item, answer, [effect]);
}

function unfit(item: DependencyRef, seen: PublicAddress, now: ElasticAddress): Problem | undefined {
  if (now.ip !== seen.ip) {
    const message = `${item.id} is ${now.ip} now, it was ${seen.ip}.`;
    return itemProblem(item, "drifted", message, "Read the dependencies again.");
  }
  if (now.associationId === undefined && now.networkInterfaceId === undefined) return undefined;
  const message = `${now.ip} is in use by ${now.instanceId ?? now.networkInterfaceId ?? now.associationId}.`;
  return itemProblem(item, "dependency", message, "Whoever uses it now keeps it.");
}

/** Kinds that lead traffic to an address by naming it. */
const naming: ReadonlySet<DependencyKind> = new Set(["address-list", "dns-record", "nat-rule"]);

/** What names the address. One source that cannot be read keeps it: a name that leads to a stranger is a takeover. */
async function namedBy(call: AwsCall, item: DependencyRef, address: PublicAddress): Promise<Problem | undefined> {
  const found = await survey(
    dependencyTable.filter(({ kind }) => naming.has(kind)),
    openSurvey(call, { ...nothingRead, byId: new Map([[item.instanceId, bare(call, item, address)]]) }, "by-cloud"),
  );
  const [edge] = found.edges;
  if (edge) {
    const message = `${address.ip} is named by the ${edge.node.kind} ${edge.node.id}.`;
    return itemProblem(item, "dependency", message, "Take it off there first.");
  }
  const gap = found.coverage.find(({ status }) => status !== "checked");
  if (!gap) return undefined;
  const message = `Whether a ${gap.kind} names ${address.ip} could not be read (${gap.source}).`;
  return itemProblem(item, "dependency", message, gap.reason ?? "Grant the reading, then try again.");
}

/** The instance as if it had this address alone, so that only what names it is found. */
function bare(call: AwsCall, item: DependencyRef, address: PublicAddress): SeenInstance {
  return {
    record: {
      ...call.scope,
      id: item.instanceId,
      name: "",
      state: { unified: "stopped", raw: "stopped" },
      billing: { unified: "on-demand", raw: "on-demand" },
      protection: { termination: "unknown", locks: [] },
      zone: "",
      privateIps: [],
      publicAddresses: [address],
      disks: [],
      networkInterfaces: [],
      securityGroupIds: [],
      tags: {},
      seenAt: new Date(call.requests.clock.now()).toISOString(),
    },
    facts: {
      instanceType: "",
      rootDevice: "ebs",
      dnsNames: [],
      sourceDestCheck: "unknown",
      devices: new Map(),
      disputedVolumeIds: [],
      instanceStoresKnown: true,
    },
  };
}

const nothingRead = {
  evidence: { api: "ec2:DescribeInstances", said: "nothing", at: "" },
  volumesOf: new Map(),
  unread: {},
};

function releaseEffect(call: AwsCall, { kind, id, instanceId }: DependencyRef, { ip }: PublicAddress): Effect {
  return {
    ...call.scope,
    kind: "address-released",
    resource: { kind, id },
    instanceIds: [instanceId],
    undo: {
      impossible: `${ip} went back to AWS and can be anybody's; ask for it with AllocateAddress while it is free.`,
    },
  };
}

function neverSeen(item: DependencyRef): Problem {
  const message = `No sighting of ${item.instanceId} shows the Elastic IP ${item.id}.`;
  return itemProblem(item, "not-found", message, "Pass what was seen of the instance in `sightings`.");
}
