import { chunk } from "../../../src/batch.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { PublicAddress } from "../../../src/instances.js";
import { idLimit } from "../instances.js";
import { hidesRows } from "./controls.js";
import type { TencentSource, TencentSurvey } from "./survey.js";

const instances = "cvm:DescribeInstances";
const elastic = "vpc:DescribeAddresses";
const version6 = "vpc:DescribeIPv6Addresses";

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

/** Elastic addresses of IPv6 have a listing of their own. */
async function version6Of({ call, instances }: TencentSurvey): Promise<readonly Finding[]> {
  const ids = instances.map(({ record }) => record.id);
  const pieces = await Promise.all(
    chunk(ids, idLimit).map((piece) => {
      const Filters = [{ Name: "instance-id", Values: [...piece] }];
      return call.pages("vpc", "DescribeIPv6Addresses", { Filters }, { field: "AddressSet", id: "AddressId" });
    }),
  );
  const asked = new Set(ids);
  return pieces.flat().flatMap((row): readonly Finding[] => {
    const instanceId = row.text("InstanceId") ?? "";
    if (!asked.has(instanceId)) return [];
    const id = row.need("AddressId");
    const releasedWithInstance = row.flag("CascadeRelease") ?? false;
    return [addressFinding(instanceId, { id, ip: row.text("AddressIp") ?? id, kind: "elastic", releasedWithInstance })];
  });
}
