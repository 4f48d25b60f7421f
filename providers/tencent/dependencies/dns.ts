import { type AddressHolder, addressHolders } from "../../../src/address-holders.js";
import { mapConcurrent } from "../../../src/batch.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { hidesRows } from "./controls.js";
import { networksOf } from "./holders.js";
import { byAddress, type TencentSource } from "./survey.js";

const publicSource = "dnspod:DescribeRecordList";
const privateSource = "privatedns:DescribePrivateZoneRecordList";
/** Largest pages of DescribeDomainList and DescribeRecordList (dnspod 2021-03-23, `Limit`). */
const publicPageLimit = 3_000;
/** Largest page of DescribePrivateZoneRecordList (privatedns 2020-10-28, `Limit`). */
const privatePageLimit = 200;
/** Records are asked for by domain and by zone. */
const concurrency = 8;

/** DNS records that lead to the instances: public ones of DNSPod, and private zones. */
export const dnsSources: readonly TencentSource[] = [
  {
    kind: "dns-record",
    source: publicSource,
    gate: "required",
    hidesRows,
    read: async (survey) => {
      const records = await readPublicRecords(survey.call);
      const holders = addressHolders(survey.instances.map(({ record }) => record));
      return byAddress(survey, findingsOf(publicSource, recordFindings(records, holders)));
    },
  },
  {
    kind: "dns-record",
    source: privateSource,
    gate: "required",
    hidesRows,
    read: async (survey) => {
      const instances = survey.instances.map(({ record }) => record);
      const records = await readPrivateRecords(survey.call, instances);
      return byAddress(survey, findingsOf(privateSource, recordFindings(records, addressHolders(instances))));
    },
  },
];

/** A DNS record, as far as it can lead to an instance. */
export interface DnsRecord {
  /** Domain or zone, and the record's own id. */
  readonly id: string;
  readonly name: string;
  readonly value: string;
}

/**
 * All records of all public domains. Without a filter, since with one at most 3,000 come at all; a domain without
 * records is an error unless the request says otherwise (`ErrorOnEmpty`).
 */
export async function readPublicRecords(call: TencentCall): Promise<readonly DnsRecord[]> {
  const list = { field: "DomainList", id: "Name", limit: publicPageLimit };
  const domains = await noneWhere("ResourceNotFound.NoDataOfDomain", () =>
    call.pages("dnspod", "DescribeDomainList", {}, list),
  );
  const used = domains.filter((domain) => domain.number("RecordCount") !== 0);
  const found = await mapConcurrent(used, concurrency, async (domain) => {
    const Domain = domain.need("Name");
    const parameters = { Domain, ErrorOnEmpty: "no" };
    const form = { field: "RecordList", id: "RecordId", limit: publicPageLimit };
    const rows = await noneWhere("ResourceNotFound.NoDataOfRecord", () =>
      call.pages("dnspod", "DescribeRecordList", parameters, form),
    );
    return rows.flatMap((row) => {
      const name = row.text("Name") ?? "@";
      return recordOf(Domain, row.need("RecordId"), name === "@" ? Domain : `${name}.${Domain}`, row.text("Value"));
    });
  });
  return found.flat();
}

/** All records of the private zones that these instances' networks resolve. */
export async function readPrivateRecords(
  call: TencentCall,
  instances: readonly InstanceRecord[],
): Promise<readonly DnsRecord[]> {
  const list = { field: "PrivateZoneSet", id: "ZoneId" };
  // An account that never activated the service has no zones ("Error codes" of the action, privatedns 2020-10-28).
  const zones = await noneWhere("ResourceNotFound.ServiceNotSubscribed", () =>
    call.pages("privatedns", "DescribePrivateZoneList", {}, list),
  );
  const networks = new Set(networksOf(instances));
  // A zone that is bound to no network in its answer is asked, too: whom it serves is not known then.
  const serving = zones.filter((zone) => {
    const bound = zone.list("VpcSet").map((network) => network.text("UniqVpcId") ?? "");
    return bound.length === 0 || bound.some((id) => networks.has(id));
  });
  const found = await mapConcurrent(serving, concurrency, async (zone) => {
    const ZoneId = zone.need("ZoneId");
    const domain = zone.text("Domain") ?? ZoneId;
    const form = { field: "RecordSet", id: "RecordId", limit: privatePageLimit };
    const rows = await call.pages("privatedns", "DescribePrivateZoneRecordList", { ZoneId }, form);
    return rows.flatMap((row) => {
      const name = row.text("SubDomain") ?? "@";
      return recordOf(ZoneId, row.need("RecordId"), `${name}.${domain}`, row.text("RecordValue"));
    });
  });
  return found.flat();
}

/** A listing that has nothing to list, where the service can say so by an error of its own. */
async function noneWhere(cloudCode: string, read: () => Promise<readonly Wire[]>): Promise<readonly Wire[]> {
  try {
    return await read();
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.problem.cloudCode === cloudCode) return [];
    throw error;
  }
}

function recordOf(zone: string, id: string, name: string, value: string | undefined): readonly DnsRecord[] {
  return value === undefined ? [] : [{ id: `${zone}/${id}`, name, value }];
}

function recordFindings(
  records: readonly DnsRecord[],
  holders: ReadonlyMap<string, readonly AddressHolder[]>,
): readonly Finding[] {
  return records.flatMap((record) =>
    (holders.get(record.value.toLowerCase()) ?? []).map((holder) => recordFinding(record, holder)),
  );
}

function recordFinding({ id, name, value }: DnsRecord, { instanceId, ephemeral }: AddressHolder): Finding {
  return {
    instanceId,
    node: { kind: "dns-record", id, name, billing: "none" },
    edge: {
      relation: "references",
      atTermination: "kept",
      ...(ephemeral
        ? {
            effect: "blocks",
            why: `${name} leads to ${value}, which the cloud can give to a stranger once the instance is gone.`,
            unblock: "Delete the record or point it elsewhere first.",
          }
        : { effect: "report", why: `${name} leads to it (${value}), and to nobody once it is gone.` }),
    },
  };
}
