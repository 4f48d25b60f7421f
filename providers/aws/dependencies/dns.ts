import { type AddressHolder, addressHolders } from "../../../src/address-holders.js";
import { mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { collectPages } from "../../../src/paginate.js";
import type { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const recordSource = "route53:ListResourceRecordSets";
const discoverySource = "servicediscovery:ListInstances";
/** Largest pages of ListHostedZones and ListResourceRecordSets (Route 53 API reference, MaxItems). */
const zonePageLimit = 100;
const recordPageLimit = 300;
/** Largest page of both Cloud Map listings (Cloud Map API reference, MaxResults). */
const discoveryPageLimit = 100;
/** Route 53 takes five requests a second from an account, whatever they are ("Quotas", Route 53 Developer Guide). */
const zoneConcurrency = 2;
const serviceConcurrency = 4;

/** Names that lead to the instances: DNS records, public and private, and Cloud Map registrations. */
export const dnsSources: readonly AwsSource[] = [
  {
    kind: "dns-record",
    source: recordSource,
    gate: "required",
    hidesRows,
    read: async (survey) => findingsOf(recordSource, await recordsThatName(survey)),
  },
  {
    kind: "service-discovery",
    source: discoverySource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(discoverySource, await registrationsOf(survey)),
  },
];

async function recordsThatName({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const holders = namesOf(instances);
  const zones = await call.pages("route53", "ListHostedZones", { MaxItems: zonePageLimit }, "HostedZones");
  const found = await mapConcurrent(zones, zoneConcurrency, async (zone) => {
    const zoneId = zone.need("Id").replace(/^\/hostedzone\//, "");
    const records = await readRecords(call, zoneId);
    return records.flatMap((record) =>
      record
        .list("ResourceRecords")
        .flatMap((value) => holders.get(plainName(value.need("Value"))) ?? [])
        .map((holder) => recordFinding(zoneId, record, holder)),
    );
  });
  return found.flat();
}

/** Values a record may hold for an instance: its addresses, and the names EC2 made of them. */
function namesOf(instances: readonly SeenInstance[]): ReadonlyMap<string, readonly AddressHolder[]> {
  const holders = new Map(addressHolders(instances.map(({ record }) => record)));
  for (const { record, facts } of instances) {
    for (const name of facts.dnsNames) {
      // A public name is made of the public address, and leads wherever that address goes.
      const isPublic = name.includes("compute") && !name.endsWith(".internal");
      const ephemeral = isPublic && record.publicAddresses.some(({ kind }) => kind === "ephemeral");
      holders.set(plainName(name), [...(holders.get(plainName(name)) ?? []), { instanceId: record.id, ephemeral }]);
    }
  }
  return holders;
}

function plainName(value: string): string {
  return value.toLowerCase().replace(/\.$/, "");
}

/** A page of records starts at a name, a type and, among weighted and similar records, an identifier; there is no token. */
async function readRecords(call: AwsCall, zoneId: string): Promise<readonly Wire[]> {
  let start: Readonly<Record<string, string>> = {};
  return await collectPages(recordSource, async () => {
    const parameters = { HostedZoneId: zoneId, MaxItems: recordPageLimit, ...start };
    const { body } = await call.read("route53", "ListResourceRecordSets", parameters);
    const items = body.needList("ResourceRecordSets");
    if (body.flag("IsTruncated") !== true) return { items };
    const identifier = body.text("NextRecordIdentifier");
    start = {
      StartRecordName: body.need("NextRecordName"),
      StartRecordType: body.need("NextRecordType"),
      ...(identifier === undefined ? {} : { StartRecordIdentifier: identifier }),
    };
    return { items, next: Object.values(start).join(" ") };
  });
}

function recordFinding(zoneId: string, record: Wire, { instanceId, ephemeral }: AddressHolder): Finding {
  const name = record.need("Name");
  const variant = record.text("SetIdentifier");
  return {
    instanceId,
    node: {
      kind: "dns-record",
      id: [zoneId, name, record.need("Type"), ...(variant === undefined ? [] : [variant])].join("/"),
      name,
      billing: "none",
    },
    edge: {
      relation: "references",
      atTermination: "kept",
      ...(ephemeral
        ? {
            effect: "blocks",
            why: `${name} leads to an address that AWS can give to a stranger once the instance is gone.`,
            unblock: "Delete the record or point it elsewhere first.",
          }
        : { effect: "report", why: `${name} leads to it, and to nobody once it is gone.` }),
    },
  };
}

/** There is no way from an instance to its service: every service that has instances is listed. */
async function registrationsOf({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const holders = addressHolders(instances.map(({ record }) => record));
  const asked = new Set(instances.map(({ record }) => record.id));
  const page = { MaxResults: discoveryPageLimit };
  const services = await call.pages("servicediscovery", "ListServices", page, "Services");
  const used = services.filter((service) => service.number("InstanceCount") !== 0);
  const found = await mapConcurrent(used, serviceConcurrency, async (service) => {
    const id = service.need("Id");
    const rows = await call.pages("servicediscovery", "ListInstances", { ServiceId: id, ...page }, "Instances");
    return rows.flatMap((row) => {
      const attributes = row.object("Attributes");
      const own = [attributes?.text("EC2_INSTANCE_ID"), row.text("Id")].find((value) => asked.has(value ?? ""));
      const address = attributes?.text("AWS_INSTANCE_IPV4") ?? attributes?.text("AWS_INSTANCE_IPV6") ?? "";
      const ids = own === undefined ? (holders.get(address) ?? []).map(({ instanceId }) => instanceId) : [own];
      return ids.map((instanceId) => discoveryFinding(service, id, instanceId));
    });
  });
  return found.flat();
}

function discoveryFinding(service: Wire, id: string, instanceId: string): Finding {
  const name = service.text("Name");
  return {
    instanceId,
    node: { kind: "service-discovery", id, ...(name === undefined ? {} : { name }), billing: "none" },
    edge: {
      relation: "member",
      effect: "report",
      atTermination: "kept",
      why: `It is registered with the Cloud Map service ${name ?? id}, and stays so until somebody deregisters it.`,
    },
  };
}
