import { chunk } from "../../../src/batch.js";
import type { DependencyKind, DependencyNode } from "../../../src/dependencies.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import { idLimit } from "../instances.js";
import type { InstanceFacts } from "../record.js";
import { listing, ownWord } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const instancesSource = "ecs:DescribeInstances";
const rolesSource = "ecs:DescribeInstanceRamRole";
const poolsSource = "ecs:DescribeInstanceAttachmentAttributes";
/** Ids of one DescribeInstanceRamRole (its request model). */
const rolesPerRequest = 50;

/** What an instance names and leaves behind unharmed: key pair, role, deployment set, host, reserved capacity. */
export const attributeSources: readonly AliyunSource[] = [
  named("key-pair", ({ keyPair }) => keyPair, "none", "It was bound to this key pair, which stays."),
  ownWord("placement", instancesSource, "report", async ({ instances }) =>
    findingsOf(
      instancesSource,
      instances.flatMap(({ record, facts: { deploymentSetId, hpcClusterId } }) => [
        ...placed(record.id, deploymentSetId, "It is in this deployment set, which stays."),
        ...placed(record.id, hpcClusterId, "It is in this HPC cluster, which stays."),
      ]),
    ),
  ),
  named(
    "dedicated-host",
    ({ dedicatedHostId }) => dedicatedHostId,
    "continues",
    "It runs on this host, which bills as a whole until it is released.",
  ),
  listing("instance-role", rolesSource, "report", async (survey) => {
    const rows = await perChunk(survey, rolesPerRequest, "DescribeInstanceRamRole");
    const why = "It acts under this RAM role. The role stays, and so does what it may do.";
    return findingsOf(
      rolesSource,
      rows.flatMap((row) => tellsOf(row, "RamRoleName", "instance-role", "none", why)),
    );
  }),
  listing("capacity-reservation", poolsSource, "report", async (survey) => {
    const rows = await perChunk(survey, idLimit, "DescribeInstanceAttachmentAttributes");
    const why = "It runs in this private pool, whose capacity bills whether it is used or not.";
    return findingsOf(
      poolsSource,
      rows.flatMap((row) => tellsOf(row, "PrivatePoolOptionsId", "capacity-reservation", "continues", why)),
    );
  }),
];

function named(
  kind: DependencyKind,
  idOf: (facts: InstanceFacts) => string | undefined,
  billing: DependencyNode["billing"],
  why: string,
): AliyunSource {
  return ownWord(kind, instancesSource, "report", async ({ instances }) =>
    findingsOf(
      instancesSource,
      instances.flatMap(({ record, facts }) => {
        const id = idOf(facts);
        return id === undefined ? [] : [attributeFinding(record.id, kind, id, billing, why)];
      }),
    ),
  );
}

function placed(instanceId: string, id: string | undefined, why: string): readonly Finding[] {
  return id === undefined ? [] : [attributeFinding(instanceId, "placement", id, "none", why)];
}

async function perChunk({ call, instances }: AliyunSurvey, size: number, action: string): Promise<readonly Wire[]> {
  const ids = instances.map(({ record }) => record.id);
  const pieces = await Promise.all(
    chunk(ids, size).map((piece) => call.pages("ecs", action, { InstanceIds: JSON.stringify(piece) }, piece.length)),
  );
  return pieces.flat();
}

function tellsOf(
  row: Wire,
  field: string,
  kind: DependencyKind,
  billing: DependencyNode["billing"],
  why: string,
): readonly Finding[] {
  const id = row.text(field);
  return id === undefined ? [] : [attributeFinding(row.need("InstanceId"), kind, id, billing, why)];
}

function attributeFinding(
  instanceId: string,
  kind: DependencyKind,
  id: string,
  billing: DependencyNode["billing"],
  why: string,
): Finding {
  return {
    instanceId,
    node: { kind, id, billing },
    edge: { relation: "references", effect: "report", atTermination: "kept", why },
  };
}
