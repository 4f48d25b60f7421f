import { type Finding, findingsOf } from "../../../src/findings.js";
import { pageLimit } from "../instances.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const hosts = "ec2:DescribeHosts";
const reservations = "ec2:DescribeCapacityReservations";
/** Largest page of DescribeHosts (EC2 API reference, MaxResults). */
const hostPageLimit = 500;

/** Paid capacity that the instances use and that keeps billing when they are gone. */
export const capacitySources: readonly AwsSource[] = [
  {
    kind: "dedicated-host",
    source: hosts,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(hosts, await dedicatedHosts(survey)),
  },
  {
    kind: "capacity-reservation",
    source: reservations,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(reservations, await capacityReservations(survey)),
  },
];

/** Neither API filters by id, and asking by name fails the whole request for one that is gone: so the listing is read. */
async function dedicatedHosts({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const onHosts = instances.filter(({ facts }) => facts.hostId !== undefined);
  if (onHosts.length === 0) return [];
  const rows = await call.pages("ec2", "DescribeHosts", { MaxResults: hostPageLimit }, "Hosts");
  const others = new Map(
    rows.map((row) => [
      row.need("HostId"),
      row.list("Instances").filter((held) => !onHosts.some(({ record }) => record.id === held.text("InstanceId")))
        .length,
    ]),
  );
  return onHosts.flatMap(({ record, facts }): readonly Finding[] => {
    const id = facts.hostId ?? "";
    const left = others.get(id);
    return [
      {
        instanceId: record.id,
        node: { kind: "dedicated-host", id, billing: "continues" },
        edge: {
          relation: "attached",
          effect: "report",
          atTermination: "kept",
          why: `It runs on this host, which bills as a whole until it is released. ${
            left === undefined
              ? "Who else runs there is not told."
              : left === 0
                ? "Nobody else runs there."
                : `${left} others run there.`
          }`,
        },
      },
    ];
  });
}

async function capacityReservations({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const inside = instances.filter(({ facts }) => facts.capacityReservationId !== undefined);
  if (inside.length === 0) return [];
  const rows = await call.pages(
    "ec2",
    "DescribeCapacityReservations",
    { MaxResults: pageLimit },
    "CapacityReservations",
  );
  const states = new Map(rows.map((row) => [row.need("CapacityReservationId"), row.text("State")]));
  return inside.map(({ record, facts }): Finding => {
    const id = facts.capacityReservationId ?? "";
    const state = states.get(id);
    return {
      instanceId: record.id,
      node: { kind: "capacity-reservation", id, billing: "continues" },
      edge: {
        relation: "attached",
        effect: "report",
        atTermination: "kept",
        why: `It runs in this reservation${state === undefined ? "" : ` (${state})`}, whose capacity bills whether it is used or not.`,
      },
    };
  });
}
