import { type AddressHolder, addressHolders } from "../../../src/address-holders.js";
import { mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { AliyunCall } from "../call.js";
import { listing } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const publicSource = "alidns:DescribeDomainRecords";
const privateSource = "pvtz:DescribeZoneRecords";
/** Reads at a time: one domain each. */
const concurrency = 4;

/** Names that lead to the instances, public and private. */
export const dnsSources: readonly AliyunSource[] = [
  listing("dns-record", publicSource, "required", async (survey) =>
    findingsOf(publicSource, recordsThatName(survey, await readPublicRecords(survey.call))),
  ),
  listing("dns-record", privateSource, "required", async (survey) =>
    findingsOf(privateSource, recordsThatName(survey, await readPrivateRecords(survey.call))),
  ),
];

/** A DNS record that leads to an address or a name. */
export interface DnsRecord {
  readonly id: string;
  readonly name: string;
  readonly value: string;
}

/** All records of the account's public domains. Domains belong to no region. */
export async function readPublicRecords(call: AliyunCall): Promise<readonly DnsRecord[]> {
  const domains = await call.pages("alidns", "DescribeDomains");
  const found = await mapConcurrent(domains, concurrency, async (domain) => {
    const zone = domain.need("DomainName");
    const rows = await call.pages("alidns", "DescribeDomainRecords", { DomainName: zone });
    return rows.map((row) => ({
      id: `${zone}/${row.need("RecordId")}`,
      name: nameIn(row.text("RR"), zone),
      value: row.text("Value") ?? "",
    }));
  });
  return found.flat();
}

/** All records of the account's private zones. */
export async function readPrivateRecords(call: AliyunCall): Promise<readonly DnsRecord[]> {
  const zones = await call.pages("pvtz", "DescribeZones");
  const found = await mapConcurrent(zones, concurrency, async (zone) => {
    const zoneId = zone.need("ZoneId");
    const zoneName = zone.text("ZoneName") ?? zoneId;
    const rows = await call.pages("pvtz", "DescribeZoneRecords", { ZoneId: zoneId });
    return rows.map((row) => ({
      id: `${zoneId}/${row.need("RecordId")}`,
      name: nameIn(row.text("Rr"), zoneName),
      value: row.text("Value") ?? "",
    }));
  });
  return found.flat();
}

function nameIn(host: string | undefined, zone: string): string {
  return host === undefined || host === "@" ? zone : `${host}.${zone}`;
}

function recordsThatName({ instances }: AliyunSurvey, records: readonly DnsRecord[]): readonly Finding[] {
  const holders = addressHolders(instances.map(({ record }) => record));
  return records.flatMap((record) =>
    (holders.get(record.value) ?? []).map((holder): Finding => recordFinding(record, holder)),
  );
}

function recordFinding({ id, name }: DnsRecord, { instanceId, ephemeral }: AddressHolder): Finding {
  return {
    instanceId,
    node: { kind: "dns-record", id, name, billing: "none" },
    edge: {
      relation: "references",
      atTermination: "kept",
      ...(ephemeral
        ? {
            effect: "blocks",
            why: `${name} leads to an address that the cloud can give to a stranger once the instance is gone.`,
            unblock: "Delete the record or point it elsewhere first.",
          }
        : { effect: "report", why: `${name} leads to it, and to nobody once it is gone.` }),
    },
  };
}
