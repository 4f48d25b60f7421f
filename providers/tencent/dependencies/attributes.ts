import { chunk, unique } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { idLimit } from "../instances.js";
import { nothing } from "./controls.js";
import type { TencentSource, TencentSurvey } from "./survey.js";

const keySource = "cvm:DescribeKeyPairs";
const instances = "cvm:DescribeInstances";

/** Key pairs and roles: what an instance was given, which stays. */
export const attributeSources: readonly TencentSource[] = [
  {
    kind: "key-pair",
    source: keySource,
    gate: "report",
    // Asked for by the ids that instances name: one that is not shown is a gap, not "none".
    hidesRows: false,
    read: keyPairs,
  },
  {
    kind: "instance-role",
    source: instances,
    gate: "report",
    hidesRows: false,
    read: async (survey) => findingsOf(instances, rolesOf(survey)),
  },
];

async function keyPairs({ call, instances }: TencentSurvey) {
  const users = instances.flatMap(({ record, facts }) =>
    facts.keyIds.map((keyId) => ({ keyId, instanceId: record.id })),
  );
  const ids = unique(users.map(({ keyId }) => keyId));
  if (ids.length === 0) return nothing;
  const pieces = await Promise.all(
    chunk(ids, idLimit).map((piece) =>
      call.pages(
        "cvm",
        "DescribeKeyPairs",
        { KeyIds: [...piece] },
        { field: "KeyPairSet", id: "KeyId", most: piece.length },
      ),
    ),
  );
  const rows = new Map(pieces.flat().map((row) => [row.need("KeyId"), row]));
  const asked = new Set(instances.map(({ record }) => record.id));
  const findings = users.map(({ keyId, instanceId }): Finding => {
    const row = rows.get(keyId);
    const name = row?.text("KeyName");
    const others = (row?.texts("AssociatedInstanceIds") ?? []).filter((id) => !asked.has(id)).length;
    return {
      instanceId,
      node: { kind: "key-pair", id: keyId, ...(name === undefined ? {} : { name }), billing: "none" },
      edge: {
        relation: "attached",
        effect: "report",
        atTermination: "kept",
        why: others > 0 ? `${others} other instances use it, too.` : "No other instance is known to use it.",
      },
    };
  });
  const unread = ids.filter((id) => !rows.has(id));
  if (unread.length === 0) return findingsOf(keySource, findings);
  const reason = `Key pairs that instances name are not shown: ${unread.join(", ")}.`;
  return { ...findingsOf(keySource, findings), partial: { reason } };
}

function rolesOf({ instances }: TencentSurvey): readonly Finding[] {
  return instances.flatMap(({ record, facts }): readonly Finding[] => {
    const { roleName } = facts;
    if (roleName === undefined) return [];
    return [
      {
        instanceId: record.id,
        node: { kind: "instance-role", id: roleName, name: roleName, billing: "none" },
        edge: {
          relation: "attached",
          effect: "report",
          atTermination: "kept",
          why: "It runs with this CAM role, which stays and may have been made for it.",
        },
      },
    ];
  });
}
