import { chunk, unique } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import type { SeenInstance } from "../record.js";
import { nothing } from "./controls.js";
import type { TencentSource, TencentSurvey } from "./survey.js";

const instanceSource = "cvm:DescribeInstances";
const placementSource = "cvm:DescribeDisasterRecoverGroups";
const hostSource = "cvm:DescribeHosts";
/** Ids that DescribeDisasterRecoverGroups takes (cvm 2017-03-12). */
const placementBatch = 10;
/** Values of the filter `host-id` (cvm 2017-03-12, DescribeHosts). */
const hostBatch = 5;

/** Where instances run: placement groups, and dedicated hosts, which are paid for whether or not anything runs there. */
export const capacitySources: readonly TencentSource[] = [
  {
    kind: "placement",
    source: placementSource,
    gate: "report",
    hidesRows: false,
    read: async (survey) =>
      await named(survey, {
        source: placementSource,
        kind: "placement",
        namesIn: ({ facts }) => facts.placementGroupIds,
        batch: placementBatch,
        ask: (ids) => ({ DisasterRecoverGroupIds: ids }),
        list: { field: "DisasterRecoverGroupSet", id: "DisasterRecoverGroupId" },
        nameField: "Name",
        billing: "none",
        why: (row) =>
          `It is spread by this placement group, which holds ${row?.text("CurrentNum") ?? "some"} instances.`,
      }),
  },
  {
    kind: "dedicated-host",
    source: hostSource,
    gate: "report",
    hidesRows: false,
    read: async (survey) =>
      await named(survey, {
        source: hostSource,
        kind: "dedicated-host",
        namesIn: ({ facts }) => (facts.hostId === undefined ? [] : [facts.hostId]),
        batch: hostBatch,
        ask: (ids) => ({ Filters: [{ Name: "host-id", Values: ids }] }),
        list: { field: "HostSet", id: "HostId" },
        nameField: "HostName",
        billing: "continues",
        why: () => "It runs on this dedicated host, which is paid for until it is returned itself.",
      }),
  },
  clusters(
    "placement",
    ({ facts }) => facts.fastClusterId,
    "none",
    "It is part of this cluster on a fast network, which stays.",
  ),
  clusters(
    "dedicated-host",
    ({ facts }) => facts.dedicatedClusterId,
    "continues",
    "It runs in this dedicated cluster, which is paid for until it is returned itself.",
  ),
];

/** Clusters that an instance names itself. There is nothing more to ask about them here. */
function clusters(
  kind: DependencyKind,
  idOf: (seen: SeenInstance) => string | undefined,
  billing: "none" | "continues",
  why: string,
): TencentSource {
  const found = (seen: SeenInstance): readonly Finding[] => {
    const id = idOf(seen);
    if (id === undefined) return [];
    const edge = { relation: "member", effect: "report", atTermination: "kept", why } as const;
    return [{ instanceId: seen.record.id, node: { kind, id, billing }, edge }];
  };
  return {
    kind,
    source: instanceSource,
    gate: "report",
    hidesRows: false,
    read: async ({ instances }) => findingsOf(instanceSource, instances.flatMap(found)),
  };
}

interface Named {
  readonly source: string;
  readonly kind: DependencyKind;
  readonly namesIn: (seen: SeenInstance) => readonly string[];
  readonly batch: number;
  readonly ask: (ids: readonly string[]) => Readonly<Record<string, unknown>>;
  readonly list: { readonly field: string; readonly id: string };
  readonly nameField: string;
  readonly billing: "none" | "continues";
  readonly why: (row: Wire | undefined) => string;
}

/** Things that the instances name by id. One that is not shown is a gap, not "none". */
async function named({ call, instances }: TencentSurvey, what: Named): Promise<Findings> {
  const ids = unique(instances.flatMap(what.namesIn));
  if (ids.length === 0) return nothing;
  const action = what.source.split(":")[1] ?? "";
  const pieces = await Promise.all(
    chunk(ids, what.batch).map((piece) => call.pages("cvm", action, what.ask(piece), what.list)),
  );
  const rows = new Map(pieces.flat().map((row) => [row.need(what.list.id), row]));
  const findings = instances.flatMap((seen) =>
    what.namesIn(seen).map((id): Finding => {
      const row = rows.get(id);
      const name = row?.text(what.nameField);
      return {
        instanceId: seen.record.id,
        node: { kind: what.kind, id, ...(name === undefined ? {} : { name }), billing: what.billing },
        edge: { relation: "member", effect: "report", atTermination: "kept", why: what.why(row) },
      };
    }),
  );
  const unread = ids.filter((id) => !rows.has(id));
  if (unread.length === 0) return findingsOf(what.source, findings);
  return { ...findingsOf(what.source, findings), partial: { reason: `Not shown: ${unread.join(", ")}.` } };
}
