import { mapConcurrent } from "../../../src/batch.js";
import { confirmByReading } from "../../../src/confirm.js";
import { survey } from "../../../src/coverage.js";
import type { DependencyKind, DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import type { PublicAddress } from "../../../src/instances.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { HuaweiCall } from "../call.js";
import { openSurvey } from "../dependencies/survey.js";
import { dependencyTable } from "../dependencies/table.js";
import type { AddressFacts } from "../facts.js";
import { readAddresses } from "../listings.js";
import type { SeenInstance } from "../record.js";
import { standingInstances } from "./gone.js";

const concurrency = 4;

/**
 * Gives EIPs up, each only once its server is gone, if it is still the same address of ours, nobody uses it and nothing
 * names it (S26). What is given up can be a stranger's within seconds.
 */
export async function releaseAddresses(
  context: ReleaseContext<HuaweiCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const standing = await standingInstances(context, items);
  return await mapConcurrent(items, concurrency, async (item) => {
    const problem = standing.get(item);
    return problem ? kept(item, problem) : await releaseOne(context, item);
  });
}

async function releaseOne({ call, options, sightings }: ReleaseContext<HuaweiCall>, item: DependencyRef) {
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
    action: "DELETE /v1/{project_id}/publicips/{publicip_id}",
    parameters: { path: { publicip_id: item.id } },
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
  const gone = answer.effect === "not-applied" && answer.problem.code === "not-found";
  return gone ? told(item, "already-released") : answered(item, answer, [effect]);
}

/** One EIP as it is now; `undefined` where the project does not hold it. */
export async function readAddress(call: HuaweiCall, id: string): Promise<AddressFacts | undefined> {
  return (await readAddresses(call)).find((address) => address.id === id);
}

function unfit(item: DependencyRef, seen: PublicAddress, now: AddressFacts): Problem | undefined {
  if (now.ip !== seen.ip) {
    const message = `${item.id} is ${now.ip} now, it was ${seen.ip}.`;
    return itemProblem(item, "drifted", message, "Read the dependencies again.");
  }
  if (now.prepaid) {
    const message = `${now.ip} is paid by the month or year: it is unsubscribed, not released.`;
    return itemProblem(item, "prepaid", message, "Unsubscribe from it, or from its bandwidth, in Billing.");
  }
  const user = now.serverId ?? now.portId ?? now.boundTo;
  if (user === undefined) return undefined;
  return itemProblem(item, "dependency", `${now.ip} is in use by ${user}.`, "Whoever uses it now keeps it.");
}

/** Kinds that lead traffic to an address by naming it. */
const naming: ReadonlySet<DependencyKind> = new Set(["address-list", "dns-record", "nat-rule"]);

/** What names the address. One source that cannot be read keeps it: a name that leads to a stranger is a takeover. */
async function namedBy(call: HuaweiCall, item: DependencyRef, address: PublicAddress): Promise<Problem | undefined> {
  const byId = new Map([[item.instanceId, bare(call, item, address)]]);
  const evidence = { api: "ecs:ListServersDetails", said: "nothing", at: "" };
  const found = await survey(
    dependencyTable.filter(({ kind }) => naming.has(kind)),
    openSurvey(call, { byId, evidence, unread: {} }, "by-cloud"),
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

/** The server as if it had this address alone, so that only what names it is found. */
function bare(call: HuaweiCall, item: DependencyRef, address: PublicAddress): SeenInstance {
  return {
    record: {
      ...call.scope,
      id: item.instanceId,
      name: "",
      state: { unified: "stopped", raw: "" },
      billing: { unified: "on-demand", raw: "" },
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
      status: "",
      faulty: false,
      frozen: false,
      flavorId: "",
      systemTags: {},
      metadataKeys: [],
      groupNames: [],
      volumes: new Map(),
      disputedDiskIds: [],
      localDisksKnown: true,
      ports: [],
      addresses: [],
    },
  };
}

function releaseEffect(call: HuaweiCall, { kind, id, instanceId }: DependencyRef, { ip }: PublicAddress): Effect {
  return {
    ...call.scope,
    kind: "address-released",
    resource: { kind, id },
    instanceIds: [instanceId],
    undo: { impossible: `${ip} went back to the cloud and can be anybody's.` },
  };
}

function neverSeen(item: DependencyRef): Problem {
  const message = `No sighting of ${item.instanceId} shows the EIP ${item.id}.`;
  return itemProblem(item, "not-found", message, "Pass what was seen of the server in `sightings`.");
}
