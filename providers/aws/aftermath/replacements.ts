import { type Finding, findingsOf } from "../../../src/findings.js";
import { namedBy } from "../../../src/holdings.js";
import type { Ended } from "../../../src/verdicts.js";
import { hidesRows } from "../dependencies/hides-rows.js";
import { scalingGroupTag } from "../dependencies/owner-tags.js";
import { launchesAgain, readSpotRequestsBy, type SpotRequest } from "../dependencies/spot.js";
import { readStatesBy } from "../instances.js";
import type { AftermathSource, AwsAftermath } from "./survey.js";

const instanceSource = "ec2:DescribeInstances";
const spotSource = "ec2:DescribeSpotInstanceRequests";

/** Instances that took the place of ended ones, and Spot requests that will launch one. */
export const replacementSources: readonly AftermathSource[] = [
  replacements("auto-scaling-group", [scalingGroupTag]),
  replacements("fleet", ["aws:ec2:fleet-id", "aws:ec2spot:fleet-request-id"]),
  {
    kind: "spot-request",
    source: spotSource,
    gate: "required",
    hidesRows,
    read: async (aftermath) => findingsOf(spotSource, await spotRequestsLeft(aftermath)),
  },
];

/** Instances with an owner's tag, launched since the ended one was last seen alive. */
function replacements(kind: "auto-scaling-group" | "fleet", tags: readonly string[]): AftermathSource {
  return {
    kind,
    source: instanceSource,
    gate: "required",
    hidesRows,
    read: async (aftermath) => {
      const owners = ownersOf(aftermath, kind, tags);
      const found = await Promise.all(tags.map((tag) => launchedSince(aftermath, tag, owners)));
      return findingsOf(instanceSource, found.flat());
    },
  };
}

function ownersOf(
  { ended }: AwsAftermath,
  kind: "auto-scaling-group" | "fleet",
  tags: readonly string[],
): ReadonlyMap<string, readonly Ended[]> {
  const named = namedBy(ended, kind, (record) => tags.flatMap((tag) => record.tags[tag] ?? []));
  const byId = new Map(ended.map((each) => [each.id, each]));
  return new Map([...named].map(([owner, ids]) => [owner, ids.flatMap((id) => byId.get(id) ?? [])]));
}

async function launchedSince(
  { call, ended }: AwsAftermath,
  tag: string,
  owners: ReadonlyMap<string, readonly Ended[]>,
): Promise<readonly Finding[]> {
  if (owners.size === 0) return [];
  const endedIds = new Set(ended.map(({ id }) => id));
  const { byId } = await readStatesBy(call, [{ Name: `tag:${tag}`, Values: [...owners.keys()] }]);
  return [...byId.values()].flatMap(({ record }) => {
    if (endedIds.has(record.id) || record.state.unified === "gone" || record.state.unified === "terminating") return [];
    const owner = record.tags[tag] ?? "";
    return (owners.get(owner) ?? [])
      .filter((each) => each.record !== undefined && (record.createdAt ?? "") > each.record.seenAt)
      .map((each) => replacement(each.id, record.id, `${owner} launched it since the instance was last seen.`));
  });
}

async function spotRequestsLeft({ call, ended }: AwsAftermath): Promise<readonly Finding[]> {
  const known = namedBy(ended, "spot-request", () => []);
  const unreported = ended.filter(({ edges, record }) => edges === undefined && record?.billing.unified === "spot");
  const [byRequest, byInstance] = await Promise.all([
    readSpotRequestsBy(call, "spot-instance-request-id", [...known.keys()]),
    readSpotRequestsBy(
      call,
      "instance-id",
      unreported.map(({ id }) => id),
    ),
  ]);
  return [
    ...byRequest.flatMap((request) => (known.get(request.id) ?? []).flatMap((id) => requestLeft(request, id))),
    ...byInstance.flatMap((request) => (request.instanceId ? requestLeft(request, request.instanceId) : [])),
  ];
}

function requestLeft(request: SpotRequest, instanceId: string): readonly Finding[] {
  if (!launchesAgain(request)) return [];
  const next = request.instanceId;
  const request_: Finding = {
    instanceId,
    node: { kind: "spot-request", id: request.id, billing: "none" },
    edge: {
      relation: "owned-by",
      effect: "blocks",
      atTermination: "kept",
      why: `The ${request.type} Spot request is ${request.state}: it launches another instance.`,
    },
  };
  return next === undefined || next === instanceId
    ? [request_]
    : [request_, replacement(instanceId, next, `The Spot request ${request.id} launched it.`)];
}

function replacement(instanceId: string, id: string, why: string): Finding {
  return {
    instanceId,
    node: { kind: "instance", id, billing: "continues" },
    edge: { relation: "owned-by", effect: "blocks", atTermination: "kept", why },
  };
}
