import type { JsonObject } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { read } from "./action.js";
import type { DnsRecord } from "./owners.js";
import type { AliyunActions, AliyunRequestContext, AliyunState } from "./state.js";
import { numberedPage } from "./wire/pages.js";
import { need, text } from "./wire/read.js";
import { seconds } from "./wire/times.js";

/** Twenty rows unless others are asked for. */
const usual = 20;

function recordsOf({ dnsRecords }: AliyunState, isPrivate: boolean): readonly DnsRecord[] {
  return [...dnsRecords.values()].filter((record) => record.private === isPrivate);
}

function zonesOf(records: readonly DnsRecord[]) {
  return [...new Map(records.map((record) => [record.zoneId, record])).values()];
}

/** Names are searched for as parts of names, letter case aside. */
function contains(value: string, word: string | undefined): boolean {
  return word === undefined || value.toLowerCase().includes(word.toLowerCase());
}

function describeDomains({ state, input }: AliyunRequestContext): JsonObject {
  const records = recordsOf(state, false);
  const found = zonesOf(records).filter(({ zone }) => contains(zone, text(input, "KeyWord")));
  const { rows, fields } = numberedPage(input, found, 100, usual);
  const Domain = rows.map(({ zone, zoneId, createdAt }) => ({
    DomainId: zoneId,
    DomainName: zone,
    AliDomain: true,
    RecordCount: records.filter((record) => record.zone === zone).length,
    CreateTime: seconds(createdAt),
    DnsServers: { DnsServer: [] },
  }));
  return { ...fields, Domains: { Domain } };
}

function describeDomainRecords({ state, input }: AliyunRequestContext): JsonObject {
  const name = need(input, "DomainName");
  const own = recordsOf(state, false).filter(({ zone }) => zone === name);
  if (own.length === 0)
    throw refusal(
      "InvalidDomainName.NoExist",
      "The specified domain name does not exist. Refresh the page and try again.",
    );
  const found = own.filter(
    (record) => contains(record.value, text(input, "ValueKeyWord")) && contains(record.name, text(input, "RRKeyWord")),
  );
  const { rows, fields } = numberedPage(input, found, 500, usual);
  const Record = rows.map(({ id, zone, name: rr, value }) => ({
    RecordId: id,
    DomainName: zone,
    RR: rr,
    Type: "A",
    Value: value,
    Line: "default",
    TTL: 600,
    Status: "ENABLE",
    Locked: false,
  }));
  return { ...fields, DomainRecords: { Record } };
}

/** Counts are called items and pages here. */
function itemCounts({ TotalCount, PageNumber, PageSize }: JsonObject): JsonObject {
  const total = Number(TotalCount);
  const size = Number(PageSize);
  return { TotalItems: total, TotalPages: Math.ceil(total / size), PageNumber: Number(PageNumber), PageSize: size };
}

function describeZones({ state, input }: AliyunRequestContext): JsonObject {
  const records = recordsOf(state, true);
  const found = zonesOf(records).filter(({ zone }) => contains(zone, text(input, "Keyword")));
  const { rows, fields } = numberedPage(input, found, 100, usual);
  const Zone = rows.map(({ zone, zoneId, createdAt }) => ({
    ZoneId: zoneId,
    ZoneName: zone,
    RecordCount: records.filter((record) => record.zoneId === zoneId).length,
    CreateTime: seconds(createdAt),
  }));
  return { ...itemCounts(fields), Zones: { Zone } };
}

function describeZoneRecords({ state, input }: AliyunRequestContext): JsonObject {
  const zoneId = need(input, "ZoneId");
  const own = recordsOf(state, true).filter((record) => record.zoneId === zoneId);
  if (own.length === 0) throw refusal("Zone.NotExists", "The zone does not exist.");
  const { rows, fields } = numberedPage(input, own, 100, usual);
  const Record = rows.map(({ id, name, value }) => ({
    RecordId: Number(id),
    ZoneId: zoneId,
    Rr: name,
    Type: "A",
    Value: value,
    Ttl: 60,
    Status: "ENABLE",
  }));
  return { ...itemCounts(fields), Records: { Record } };
}

/** Public and private names. */
export const dns: AliyunActions = {
  "alidns:DescribeDomains": read("KeyWord SearchMode Lang PageNumber:n PageSize:n", describeDomains),
  "alidns:DescribeDomainRecords": read(
    "DomainName! SearchMode ValueKeyWord RRKeyWord Lang PageNumber:n PageSize:n",
    describeDomainRecords,
  ),
  "pvtz:DescribeZones": read("Keyword SearchMode Lang PageNumber:n PageSize:n", describeZones),
  "pvtz:DescribeZoneRecords": read("ZoneId! SearchMode Lang PageNumber:n PageSize:n", describeZoneRecords),
};
