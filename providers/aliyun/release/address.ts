import { mapConcurrent } from "../../../src/batch.js";
import { confirmByReading } from "../../../src/confirm.js";
import { survey } from "../../../src/coverage.js";
import type { DependencyKind, DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import type { PublicAddress } from "../../../src/instances.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import { controlRead } from "../absent.js";
import type { AliyunCall } from "../call.js";
import { openControls, withControls } from "../controls.js";
import { openSurvey } from "../dependencies/survey.js";
import { dependencyTable } from "../dependencies/table.js";

import type { SeenInstance } from "../record.js";
import { standingInstances } from "./gone.js";

const concurrency = 4;

/**
 * Gives EIPs up, each only once its instance is gone, if it is still the same address of ours, nobody uses it and nothing
 * names it (S26). What is given up can be a stranger's within seconds.
 */
export async function releaseAddresses(
  context: ReleaseContext<AliyunCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const standing = await standingInstances(context, items);
  return await mapConcurrent(items, concurrency, async (item) => {
    const problem = standing.get(item);
    return problem ? kept(item, problem) : await releaseOne(context, item);
  });
}

async function releaseOne({ call, options, sightings }: ReleaseContext<AliyunCall>, item: DependencyRef) {
  const seen = sightings.get(item.instanceId)?.publicAddresses.find(({ id }) => id === item.id);
  if (!seen) return kept(item, neverSeen(item));
  const now = await readAddress(call, item.id);
  if (!now) return told(item, "already-released");
  const problem = unfit(item, seen, now) ?? (await namedBy(call, item, seen));
  if (problem) return kept(item, problem);
  if (options.dryRun) return told(item, "would-release");
  const effect = releaseEffect(call, item, seen);
  const answer = await call.requests.mutate({
    service: "vpc",
    action: "ReleaseEipAddress",
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
  const away = answer.effect === "not-applied" && answer.problem.code === "not-found";
  if (away && (await readAddress(call, item.id)) === undefined) return told(item, "already-released");
  return answered(item, answer, [effect]);
}

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

function unfit(item: DependencyRef, seen: PublicAddress, now: ElasticAddress): Problem | undefined {
  const { ip, status, holder, chargeType, isProtected } = now;
  if (ip !== seen.ip) {
    return itemProblem(item, "drifted", `${item.id} is ${ip} now, it was ${seen.ip}.`, "Read the dependencies again.");
  }
  if (holder !== undefined || status !== "Available") {
    const message = `${ip} is ${status}${holder === undefined ? "" : `, in use by ${holder}`}.`;
    return itemProblem(item, "dependency", message, "Whoever uses it now keeps it.");
  }
  // "Forbidden.ChargeTypeIsPrepaid" (ReleaseEipAddress): a refund is another order, which nobody chose.
  if (chargeType === "PrePaid") {
    return itemProblem(item, "prepaid", `${ip} is paid in advance.`, "Return it in the console, or let it expire.");
  }
  if (!isProtected) return undefined;
  return itemProblem(
    item,
    "protected",
    `${ip} has deletion protection.`,
    "Switch it off first (vpc:DeletionProtection).",
  );
}

/** Kinds that lead traffic to an address by naming it. */
const naming: ReadonlySet<DependencyKind> = new Set(["address-list", "dns-record", "nat-rule"]);

/** What names the address. One source that cannot be read keeps it: a name that leads to a stranger is a takeover. */
async function namedBy(call: AliyunCall, item: DependencyRef, address: PublicAddress): Promise<Problem | undefined> {
  const seen = { ...nothingRead, byId: new Map([[item.instanceId, bare(call, item, address)]]) };
  const control = await controlRead(call);
  const controls = openControls(call, control?.by === "row" ? control.id : undefined);
  const rows = dependencyTable.filter(({ kind }) => naming.has(kind)).map((row) => withControls(row, controls));
  const found = await survey(rows, openSurvey(call, seen, controls));
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
function bare(call: AliyunCall, item: DependencyRef, address: PublicAddress): SeenInstance {
  return {
    record: {
      ...call.scope,
      id: item.instanceId,
      name: "",
      state: { unified: "stopped", raw: "Stopped" },
      billing: { unified: "on-demand", raw: "PostPaid" },
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
      chargeType: "PostPaid",
      recyclable: false,
      disks: [],
      interfaces: [],
      disputedDiskIds: [],
      unreadInterfaceIds: [],
    },
  };
}

const nothingRead = { evidence: { api: "ecs:DescribeInstances", said: "nothing", at: "" }, unread: {} };

function releaseEffect(call: AliyunCall, { kind, id, instanceId }: DependencyRef, { ip }: PublicAddress): Effect {
  return {
    ...call.scope,
    kind: "address-released",
    resource: { kind, id },
    instanceIds: [instanceId],
    undo: { impossible: `${ip} went back to Alibaba Cloud and can be anybody's.` },
  };
}

function neverSeen(item: DependencyRef): Problem {
  const message = `No sighting of ${item.instanceId} shows the EIP ${item.id}.`;
  return itemProblem(item, "not-found", message, "Pass what was seen of the instance in `sightings`.");
}
