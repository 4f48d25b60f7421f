import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { PublicAddress } from "../../../src/instances.js";
import { readVersion6, version6Source as version6 } from "../version6.js";
import { hidesRows } from "./controls.js";
import type { TencentSource, TencentSurvey } from "./survey.js";

const instances = "cvm:DescribeInstances";
const elastic = "vpc:DescribeAddresses";

/** Public addresses: those that live and die with an instance, elastic ones, and those of IPv6. */
export const addressSources: readonly TencentSource[] = [
  {
    kind: "public-address",
    source: instances,
    gate: "required",
    hidesRows: false,
    read: async (survey) =>
      findingsOf(
        instances,
        addressesOf(survey, ({ kind }) => kind === "ephemeral"),
      ),
  },
  {
    kind: "public-address",
    source: elastic,
    gate: "report",
    hidesRows,
    read: async (survey) => {
      if (survey.seen.unread.addresses) throw new DecommissionError(survey.seen.unread.addresses);
      return findingsOf(
        elastic,
        addressesOf(survey, ({ kind }) => kind === "elastic"),
      );
    },
  },
  {
    kind: "public-address",
    source: version6,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(version6, await version6Of(survey)),
  },
];

function addressesOf({ instances }: TencentSurvey, wanted: (address: PublicAddress) => boolean): readonly Finding[] {
  return instances.flatMap(({ record }) =>
    record.publicAddresses.filter(wanted).map((address) => addressFinding(record.id, address)),
  );
}

function addressFinding(instanceId: string, { id, ip, kind, releasedWithInstance }: PublicAddress): Finding {
  const gone = releasedWithInstance === true;
  return {
    instanceId,
    node: {
      kind: "public-address",
      id: id ?? ip,
      name: ip,
      billing: gone ? "stops" : kind === "elastic" ? "continues" : "unknown",
    },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: gone ? "deleted" : kind === "elastic" ? "detached" : "unknown",
      why: gone ? whyGone(kind) : whyKept(kind),
    },
  };
}

function whyGone(kind: PublicAddress["kind"]): string {
  return kind === "elastic"
    ? "It is an elastic address that releases itself once it is unbound."
    : "The cloud gave it to the instance, and takes it back with it.";
}

function whyKept(kind: PublicAddress["kind"]): string {
  return kind === "elastic"
    ? "It is an elastic address: it is unbound and stays, and an unused one bills until it is released."
    : "Whether it is elastic, and so stays and bills, could not be read.";
}

/** Elastic addresses of IPv6 have a listing of their own, and those of secondary interfaces are asked for by interface. */
async function version6Of({ call, instances }: TencentSurvey): Promise<readonly Finding[]> {
  const holders = new Map<string, string>();
  const secondary: string[] = [];
  for (const { record } of instances) {
    holders.set(record.id, record.id);
    for (const { id, primary } of record.networkInterfaces) {
      holders.set(id, record.id);
      if (!primary) secondary.push(id);
    }
  }
  const instanceIds = instances.map(({ record }) => record.id);
  const found = await readVersion6(call, { instanceIds, interfaceIds: secondary });
  return found.flatMap(({ id, ip, boundTo, cascadeRelease }): readonly Finding[] => {
    const [instanceId] = boundTo.flatMap((one) => holders.get(one) ?? []);
    const address = { id, ip, kind: "elastic", releasedWithInstance: cascadeRelease } as const;
    return instanceId === undefined ? [] : [addressFinding(instanceId, address)];
  });
}
