import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { page } from "../paging.js";
import { type AwsRequestContext, resourcesOf } from "../state.js";
import { need, number, records, text } from "../wire/read.js";
import { service } from "./service.js";

function listZones(context: AwsRequestContext): JsonObject {
  const zones = resourcesOf(context.state, "hosted-zone");
  const spec = {
    token: "Marker",
    next: "NextMarker",
    size: "MaxItems",
    usual: 100,
    most: 100,
    invalid: "InvalidInput",
  };
  const { things, next } = page(context, zones, spec);
  return {
    HostedZones: {
      "HostedZone[]": things.map(({ id, wire }) => ({
        Id: `/hostedzone/${id}`,
        Name: wire.name ?? "",
        CallerReference: "seeded",
        Config: { PrivateZone: wire.private ?? false },
        ResourceRecordSetCount: records(wire, "records").length,
      })),
    },
    Marker: text(context.parameters, "Marker") ?? "",
    IsTruncated: next.NextMarker !== undefined,
    ...next,
    MaxItems: number(context.parameters, "MaxItems") ?? 100,
  };
}

/** In the order of names; a page starts at a name and type, not at a token (ListResourceRecordSets). */
function listRecords({ state, parameters }: AwsRequestContext): JsonObject {
  const id = need(parameters, "HostedZoneId");
  const zone = state.resources.get(`hosted-zone/${id}`);
  if (!zone) throw refusal("NoSuchHostedZone", `No hosted zone found with ID: ${id}`, 404);
  const size = number(parameters, "MaxItems") ?? 300;
  if (size < 1 || size > 300) throw refusal("InvalidInput", "MaxItems must be between 1 and 300");
  const key = (one: JsonObject) => `${need(one, "Name")} ${need(one, "Type")}`;
  const all = [...records(zone.wire, "records")].sort((one, other) => (key(one) < key(other) ? -1 : 1));
  const from = `${text(parameters, "StartRecordName") ?? ""} ${text(parameters, "StartRecordType") ?? ""}`;
  const rest = all.filter((one) => key(one) >= from);
  const following = rest[size];
  return {
    ResourceRecordSets: { "ResourceRecordSet[]": rest.slice(0, size) },
    IsTruncated: following !== undefined,
    ...(following ? { NextRecordName: need(following, "Name"), NextRecordType: need(following, "Type") } : {}),
    MaxItems: size,
  };
}

/** DNS. */
export const route53 = service(
  {
    name: "route53",
    protocol: "rest-xml",
    namespace: "https://route53.amazonaws.com/doc/2013-04-01/",
    global: true,
  },
  {
    ListHostedZones: {
      parameters: "Marker MaxItems:n DelegationSetId HostedZoneType",
      http: "GET /2013-04-01/hostedzone?marker=Marker&maxitems=MaxItems&delegationsetid=DelegationSetId&hostedzonetype=HostedZoneType",
      handle: listZones,
    },
    ListResourceRecordSets: {
      parameters: "HostedZoneId! StartRecordName StartRecordType StartRecordIdentifier MaxItems:n",
      http: "GET /2013-04-01/hostedzone/{HostedZoneId}/rrset?name=StartRecordName&type=StartRecordType&identifier=StartRecordIdentifier&maxitems=MaxItems",
      handle: listRecords,
    },
  },
);
