import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { PublicAddress } from "../../../src/instances.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const instances = "ec2:DescribeInstances";
const addresses = "ec2:DescribeAddresses";

/** Public addresses: those that AWS assigned, and the account's own Elastic IPs. */
export const addressSources: readonly AwsSource[] = [
  {
    kind: "public-address",
    source: instances,
    gate: "required",
    hidesRows,
    // Where Elastic IPs could not be read the instances' own word on them counts, without their ids.
    read: async (survey) =>
      findingsOf(
        instances,
        addressesOf(survey, ({ kind }) => kind === "ephemeral" || survey.seen.unread.addresses !== undefined),
      ),
  },
  {
    kind: "public-address",
    source: addresses,
    gate: "report",
    hidesRows,
    read: async (survey) => {
      if (survey.seen.unread.addresses) throw new DecommissionError(survey.seen.unread.addresses);
      return findingsOf(
        addresses,
        addressesOf(survey, ({ kind }) => kind === "elastic"),
      );
    },
  },
];

function addressesOf(survey: AwsSurvey, wanted: (address: PublicAddress) => boolean): readonly Finding[] {
  return survey.instances.flatMap(({ record }) =>
    record.publicAddresses.filter(wanted).map((address) => addressFinding(record.id, address)),
  );
}

function addressFinding(instanceId: string, { id, ip, kind, releasedWithInstance }: PublicAddress): Finding {
  const elastic = kind === "elastic";
  return {
    instanceId,
    node: {
      kind: "public-address",
      id: id ?? ip,
      name: ip,
      billing: elastic ? "continues" : releasedWithInstance === true ? "stops" : "unknown",
    },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: elastic ? "detached" : releasedWithInstance === true ? "deleted" : "unknown",
      why: elastic
        ? "It is an Elastic IP: it is disassociated and stays, and bills until it is released."
        : "AWS assigned it, and takes it back with the instance.",
    },
  };
}
