import type { JsonObject } from "../../../../src/common.js";
import { flag, need, number, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { list, pageOf, usualPages } from "../list.js";
import type { DnsRecord, PrivateZone } from "../records.js";
import { plain, service } from "../service.js";
import {
  existing,
  leave,
  resourcesOf,
  type TencentActions,
  type TencentRequestContext,
  type TencentState,
} from "../state.js";
import { beijing } from "../times.js";

const dnspod = service({ range: "InvalidParameterValue.LimitInvalid" });
const record = "RecordType! SubDomain RecordLine! Value!";

/** DNS records, public (DNSPod) and private. */
export const dnsActions: TencentActions = {
  "dnspod:DescribeDomainList": dnspod.read(
    "Type Offset:n Limit:n GroupId:n Keyword Tags[]{TagKey! TagValue[]}",
    ({ state, parameters }) => {
      const domains = resourcesOf(state, "domain");
      const [start, end] = pageOf(parameters, { usual: 3_000, most: 3_000 }, dnspod.wording);
      const chosen = domains.filter(({ id }) => id.includes(text(parameters, "Keyword") ?? ""));
      return {
        DomainCountInfo: { DomainTotal: chosen.length, AllTotal: domains.length, MineTotal: domains.length },
        DomainList: chosen.slice(start, end).map(({ id, wire }) => ({
          ...wire,
          RecordCount: publicRecords(state, id).length,
        })),
      };
    },
  ),
  "dnspod:DescribeRecordFilterList": dnspod.read(
    "Domain! DomainId:n SubDomain RecordType[] RecordLine[] GroupId[]:n Keyword SortField SortType Offset:n Limit:n " +
      "RecordValue RecordStatus[] WeightBegin:n WeightEnd:n MXBegin:n MXEnd:n TTLBegin:n TTLEnd:n UpdatedAtBegin " +
      "UpdatedAtEnd Remark IsExactSubDomain:b ProjectId:n",
    (context) => {
      const { parameters } = context;
      const types = texts(parameters, "RecordType");
      const value = text(parameters, "RecordValue");
      const name = text(parameters, "SubDomain");
      const isExact = flag(parameters, "IsExactSubDomain") ?? false;
      return recordList(context, true, (one) => {
        const fits = name === undefined || (isExact ? one.name === name : one.name.includes(name));
        return (types.length === 0 || types.includes(one.type)) && (value ?? one.value) === one.value && fits;
      });
    },
  ),
  "dnspod:DescribeRecordList": dnspod.read(
    "Domain! DomainId:n Subdomain RecordType RecordLine RecordLineId GroupId:n Keyword SortField SortType Offset:n " +
      "Limit:n ErrorOnEmpty=yes|no SubDomain",
    (context) => {
      const { parameters } = context;
      const type = text(parameters, "RecordType");
      const name = text(parameters, "SubDomain") ?? text(parameters, "Subdomain");
      const failsEmpty = text(parameters, "ErrorOnEmpty") !== "no";
      return recordList(
        context,
        failsEmpty,
        (one) => (type ?? one.type) === one.type && (name ?? one.name) === one.name,
      );
    },
  ),
  "dnspod:CreateRecord": dnspod.write(
    `Domain! ${record} DomainId:n RecordLineId MX:n TTL:n Weight:n Status=ENABLE|DISABLE Remark DnssecConflictMode GroupId:n`,
    (context) => {
      const { state, ids, parameters, effect, now } = context;
      const zone = domainFor(context);
      const id = ids.assign("dns-record");
      effect(id);
      state.dnsRecords.set(id, {
        id,
        zone,
        isPrivate: false,
        name: text(parameters, "SubDomain") ?? "@",
        type: need(parameters, "RecordType"),
        line: need(parameters, "RecordLine"),
        value: need(parameters, "Value"),
        ttl: number(parameters, "TTL") ?? 600,
        isEnabled: text(parameters, "Status") !== "DISABLE",
        updatedAt: now,
      });
      return { RecordId: Number(id) };
    },
  ),
  "dnspod:DeleteRecord": dnspod.write("Domain! RecordId:n! DomainId:n", (context) => {
    const zone = domainFor(context);
    const one = context.state.dnsRecords.get(String(number(context.parameters, "RecordId")));
    if (one?.zone !== zone) throw refusal("InvalidParameter.RecordIdInvalid", "There is no such record.");
    removeRecord(context, one);
    return {};
  }),
  "privatedns:DescribePrivateZoneList": list<PrivateZone>(plain, {
    parameters: "Offset:n Limit:n Filters[]{Name! Values[]!}",
    set: "PrivateZoneSet",
    things: ({ privateZones }) => privateZones,
    item: ({ id, domain, vpcIds }, { state }) => ({
      ZoneId: id,
      OwnerUin: Number(state.accountId),
      Domain: domain,
      RecordCount: privateRecords(state, id).length,
      Remark: "",
      VpcSet: vpcIds.map((UniqVpcId) => ({ UniqVpcId, Region: state.region })),
      Status: "ENABLED",
      DnsForwardStatus: "DISABLED",
      Tags: [],
      AccountVpcSet: [],
    }),
    filters: { ZoneId: "ZoneId", Domain: "Domain", Vpc: "VpcSet.UniqVpcId" },
    filterValues: 100,
    pages: usualPages,
  }),
  "privatedns:DescribePrivateZoneRecordList": list<DnsRecord>(plain, {
    parameters: "ZoneId! Filters[]{Name! Values[]!} Offset:n Limit:n",
    set: "RecordSet",
    things: (state, { parameters }) => {
      const zone = need(parameters, "ZoneId");
      existing(state.privateZones, zone, "InvalidParameter.ZoneNotExists", "zone");
      return privateRecords(state, zone);
    },
    item: (one) => ({
      RecordId: one.id,
      ZoneId: one.zone,
      SubDomain: one.name,
      RecordType: one.type,
      RecordValue: one.value,
      TTL: one.ttl,
      MX: 0,
      Status: "enabled",
      Weight: null,
      CreatedOn: beijing(one.updatedAt),
      UpdatedOn: beijing(one.updatedAt),
      Enabled: one.isEnabled ? 1 : 0,
    }),
    filters: { Value: "RecordValue", RecordType: "RecordType" },
    filterValues: 100,
    pages: { usual: 20, most: 200 },
  }),
  "privatedns:CreatePrivateZoneRecord": plain.write(
    "ZoneId! RecordType=A|AAAA|CNAME|MX|TXT|PTR! SubDomain! RecordValue! Weight:n MX:n TTL:n Remark",
    ({ state, ids, parameters, effect, now }) => {
      const zone = need(parameters, "ZoneId");
      existing(state.privateZones, zone, "InvalidParameter.ZoneNotExists", "zone");
      const id = ids.assign("dns-record");
      effect(id);
      state.dnsRecords.set(id, {
        id,
        zone,
        isPrivate: true,
        name: need(parameters, "SubDomain"),
        type: need(parameters, "RecordType"),
        line: "",
        value: need(parameters, "RecordValue"),
        ttl: number(parameters, "TTL") ?? 600,
        isEnabled: true,
        updatedAt: now,
      });
      return { RecordId: id };
    },
  ),
  "privatedns:DeletePrivateZoneRecord": plain.write("ZoneId RecordId RecordIdSet[]", (context) => {
    const { state, parameters } = context;
    const one = text(parameters, "RecordId");
    const ids = one === undefined ? texts(parameters, "RecordIdSet") : [one];
    const zone = need(parameters, "ZoneId");
    existing(state.privateZones, zone, "InvalidParameter.ZoneNotExists", "zone");
    if (ids.length === 0) throw refusal("MissingParameter", "The request names no record.");
    for (const id of ids)
      removeRecord(context, existing(state.dnsRecords, id, "InvalidParameter.RecordNotExist", "record"));
    return {};
  }),
};

function publicRecords({ dnsRecords }: TencentState, domain: string): readonly DnsRecord[] {
  return [...dnsRecords.values()].filter(({ isPrivate, zone }) => !isPrivate && zone === domain);
}

function privateRecords({ dnsRecords }: TencentState, zoneId: string): readonly DnsRecord[] {
  return [...dnsRecords.values()].filter(({ isPrivate, zone }) => isPrivate && zone === zoneId);
}

function domainFor({ state, parameters }: TencentRequestContext): string {
  const id = number(parameters, "DomainId");
  const name = need(parameters, "Domain");
  const found = resourcesOf(state, "domain").find((one) =>
    id === undefined ? one.id === name : one.wire.DomainId === id,
  );
  if (!found) throw refusal("InvalidParameterValue.DomainNotExists", "The domain does not exist.");
  return found.id;
}

function removeRecord({ state, effect }: TencentRequestContext, { id }: DnsRecord): void {
  effect(id);
  state.dnsRecords.delete(id);
  for (const { kind, id: thing, member } of [...state.memberships.values()])
    if (kind === "dns-record" && thing === id) leave(state, kind, thing, member);
}

/** An empty list of records is an error, unless the request says otherwise. */
function recordList(
  context: TencentRequestContext,
  failsEmpty: boolean,
  chooses: (one: DnsRecord) => boolean,
): JsonObject {
  const chosen = publicRecords(context.state, domainFor(context)).filter(chooses);
  if (chosen.length === 0 && failsEmpty) throw refusal("ResourceNotFound.NoDataOfRecord", "The record list is empty.");
  const [start, end] = pageOf(context.parameters, { usual: 100, most: 3_000 }, dnspod.wording);
  const page = chosen.slice(start, end);
  return {
    RecordCountInfo: { SubdomainCount: chosen.length, ListCount: page.length, TotalCount: chosen.length },
    RecordList: page.map((one) => ({
      RecordId: Number(one.id),
      Value: one.value,
      Status: one.isEnabled ? "ENABLE" : "DISABLE",
      UpdatedOn: beijing(one.updatedAt),
      Name: one.name,
      Line: one.line,
      LineId: "0",
      Type: one.type,
      Weight: null,
      MonitorStatus: "",
      Remark: "",
      TTL: one.ttl,
      MX: 0,
      DefaultNS: false,
    })),
  };
}
