import { type Finding, findingsOf } from "../../../src/findings.js";
import type { PublicAddress } from "../../../src/instances.js";
import { filterLimit } from "../instances.js";
import { type AwsSource, type AwsSurvey, hidesRows } from "./survey.js";

const instances = "ec2:DescribeInstances";
const addresses = "ec2:DescribeAddresses";

/** Public addresses: as the instances show them, and as the account holds them. */
export const addressSources: readonly AwsSource[] = [
  {
    kind: "public-address",
    source: instances,
    gate: "required",
    hidesRows,
    read: async (survey) =>
      findingsOf(
        instances,
        survey.instances.flatMap(({ record }) =>
          record.publicAddresses.map((address) => addressFinding(record.id, address)),
        ),
      ),
  },
  {
    kind: "public-address",
    source: addresses,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(addresses, await elasticAddresses(survey)),
  },
];

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

/** Asked by interface where that is one request; else all of them, which is one request as well, since it has no pages. */
async function elasticAddresses({ call, instances: seen }: AwsSurvey): Promise<readonly Finding[]> {
  const instanceOf = new Map(
    seen.flatMap(({ record }) => record.networkInterfaces.map(({ id }) => [id, record.id] as const)),
  );
  const ids = [...instanceOf.keys()];
  if (ids.length === 0) return [];
  const filter = ids.length <= filterLimit ? { Filters: [{ Name: "network-interface-id", Values: ids }] } : {};
  const { body } = await call.read("ec2", "DescribeAddresses", filter);
  return body.needList("Addresses").flatMap((address) => {
    const instanceId = instanceOf.get(address.text("NetworkInterfaceId") ?? "");
    const ip = address.text("PublicIp");
    if (instanceId === undefined || ip === undefined) return [];
    const id = address.text("AllocationId") ?? ip;
    return [addressFinding(instanceId, { id, ip, kind: "elastic", releasedWithInstance: false })];
  });
}
