import type { JsonObject } from "../../../../src/common.js";
import { number, records, text, valuesAt } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { markerPage, matching, offsetPage, passes } from "../list.js";
import { type Asked, ecs, type Handler, plain } from "../service.js";
import { change, type HuaweiActions, leave, resourcesOf } from "../state.js";

/** Resources of one kind as their API shows them, where the fields of a query fit. */
function wiresOf({ state, query }: Asked, kind: string, ...fields: readonly string[]): readonly JsonObject[] {
  return matching(
    resourcesOf(state, kind).map(({ wire }) => wire),
    query,
    ...fields,
  );
}

/** A list that goes on behind a marker. */
function byMarker(kind: string, field: string, usual: number, fields: readonly string[], id = "id"): Handler {
  return (asked) => {
    const rows = wiresOf(asked, kind, ...fields).map((wire) => ({ id: String(wire[id]), wire }));
    const page = markerPage(rows, asked.query, usual);
    return { request_id: asked.requestId, [field]: page.rows.map(({ wire }) => wire), page_info: page.info };
  };
}

/** The same without `page_info`: the last id is the marker. */
function byLastId(kind: string, field: string, usual: number, fields: readonly string[]): Handler {
  const list = byMarker(kind, field, usual, fields);
  return (asked) => {
    const { page_info: _info, ...answer } = list(asked) ?? {};
    return answer;
  };
}

/** A list whose rows are counted. */
function byOffset(kind: string, field: string, usual: number, fields: readonly string[], total: string): Handler {
  return (asked) => {
    const rows = wiresOf(asked, kind, ...fields);
    return { [total]: rows.length, [field]: offsetPage(rows, asked.query, usual) };
  };
}

/** Rules of a public gateway name a port or an address; with neither filter all come. */
const natActions: HuaweiActions = {
  "nat:GET /v2/{project_id}/dnat_rules": plain.read(
    "limit:n1-2000 marker id[] nat_gateway_id[] port_id private_ip floating_ip_address floating_ip_id",
    byLastId("dnat-rule", "dnat_rules", 2_000, [
      "id",
      "nat_gateway_id",
      "port_id",
      "private_ip",
      "floating_ip_address",
    ]),
  ),
  "nat:GET /v2/{project_id}/snat_rules": plain.read(
    "limit:n1-2000 marker id[] nat_gateway_id[] network_id cidr source_type:n",
    byLastId("snat-rule", "snat_rules", 2_000, ["id", "nat_gateway_id", "network_id", "cidr"]),
  ),
  "nat:DELETE /v2/{project_id}/nat_gateways/{nat_gateway_id}/dnat_rules/{dnat_rule_id}": plain.remove("", (asked) =>
    dropRule(asked, "dnat-rule", asked.path.dnat_rule_id ?? ""),
  ),
  "nat:GET /v3/{project_id}/private-nat/dnat-rules": plain.read(
    "limit:n1-2000 marker page_reverse:b id[] gateway_id[] network_interface_id[] private_ip_address[] transit_ip_id[]",
    byMarker("private-dnat-rule", "dnat_rules", 2_000, [
      "id",
      "gateway_id",
      "network_interface_id",
      "private_ip_address",
    ]),
  ),
  "nat:DELETE /v3/{project_id}/private-nat/dnat-rules/{dnat_rule_id}": plain.remove("", (asked) =>
    dropRule(asked, "private-dnat-rule", asked.path.dnat_rule_id ?? ""),
  ),
  "nat:GET /v3/{project_id}/private-nat/transit-ips": plain.read(
    "limit:n1-2000 marker page_reverse:b id[] network_interface_id[] ip_address[] gateway_id[]",
    byMarker("transit-ip", "transit_ips", 2_000, ["id", "network_interface_id", "ip_address", "gateway_id"]),
  ),
};

function dropRule(asked: Asked, kind: string, id: string): undefined {
  const { state, effect } = asked;
  if (!state.resources.delete(`${kind}/${id}`)) throw refusal("NAT.0401", `The rule ${id} does not exist.`, 404);
  for (const { kind: its, id: thing, member } of [...state.memberships.values()])
    if (thing === id) leave(state, its, thing, member);
  effect(id);
  return undefined;
}

/** Records of public and private zones; the older list has the zones of one kind only. */
function listRecords(asked: Asked): JsonObject {
  const name = text(asked.query, "name");
  const value = text(asked.query, "records");
  const zoneType = text(asked.query, "zone_type");
  const found = wiresOf(asked, "dns-record", "zone_id", "type", "status", "id").filter(
    (wire) =>
      (name === undefined || String(wire.name).includes(name)) &&
      (value === undefined || valuesAt(wire, "records").includes(value)) &&
      (zoneType === undefined || isOfZone(asked, wire, zoneType)),
  );
  const recordsets = offsetPage(found, asked.query, 500);
  return { links: {}, recordsets, metadata: { total_count: found.length } };
}

function isOfZone({ state }: Asked, wire: JsonObject, type: string): boolean {
  const zone = resourcesOf(state, "dns-zone").find(({ id }) => id === wire.zone_id);
  return zone?.wire.zone_type === type;
}

function listZones(asked: Asked): JsonObject {
  const type = text(asked.query, "type") ?? "public";
  const found = wiresOf(asked, "dns-zone", "name", "status").filter((wire) => wire.zone_type === type);
  return { links: {}, zones: offsetPage(found, asked.query, 500), metadata: { total_count: found.length } };
}

const page = "limit:n1-500 offset:n marker";
const recordQuery = `${page} zone_type=public|private zone_id line_id tags status type name id records search_mode search_field sort_key sort_dir`;

const dnsActions: HuaweiActions = {
  "dns:GET /v2/zones": plain.read(`${page} type=public|private tags name status search_mode`, listZones),
  "dns:GET /v2/recordsets": plain.read(recordQuery, listRecords),
  "dns:GET /v2.1/recordsets": plain.read(recordQuery, listRecords),
  "dns:GET /v2/reverse/floatingips": plain.read(`${page} tags`, (asked) => {
    const floatingips = wiresOf(asked, "reverse-record");
    return { links: {}, floatingips, metadata: { total_count: floatingips.length } };
  }),
};

/** Rules of Cloud Eye with what they watch: one rule, several resources, each by its dimensions. */
function listAlarms(asked: Asked): JsonObject {
  const resourceId = text(asked.query, "resource_id");
  const found = wiresOf(asked, "alarm", "alarm_id", "name").filter(
    (wire) => resourceId === undefined || valuesAt(wire, "resources.dimensions.value").includes(resourceId),
  );
  return { alarms: offsetPage(found, asked.query, 10), count: found.length };
}

function listOlderAlarms(asked: Asked): JsonObject {
  const found = wiresOf(asked, "alarm");
  const start = text(asked.query, "start");
  const at = start === undefined ? 0 : found.findIndex(({ alarm_id }) => alarm_id === start) + 1;
  const rows = found.slice(at, at + (number(asked.query, "limit") ?? 100));
  const metric_alarms = rows.map((wire) => ({
    alarm_id: String(wire.alarm_id),
    alarm_name: String(wire.name),
    metric: {
      namespace: "SYS.ECS",
      metric_name: "cpu_util",
      dimensions: valuesAt(wire, "resources.dimensions.value").map((value) => ({ name: "instance_id", value })),
    },
    alarm_enabled: true,
    alarm_state: "ok",
  }));
  return {
    metric_alarms,
    meta_data: { count: rows.length, marker: String(rows.at(-1)?.alarm_id ?? ""), total: found.length },
  };
}

/** Private images only if they are asked for; `__data_origin` names the server one was made of. */
function listImages(asked: Asked): JsonObject {
  const type = text(asked.query, "__imagetype");
  const rows = wiresOf(asked, "image", "id", "name", "status")
    .filter((wire) => type === undefined || wire.__imagetype === type)
    .map((wire) => ({ id: String(wire.id), wire }));
  const found = markerPage(rows, asked.query, 500);
  return { images: found.rows.map(({ wire }) => wire) };
}

/** A flavor with disks of the host tells so in its specifications. */
function listFlavors({ state, query }: Asked): JsonObject {
  const used = [...state.servers.values()].map(({ flavor }) => flavor);
  const all = [...new Set(["s6.large.2", "c6.xlarge.2", ...used])].map((id) => {
    const [, count, size] = /\.(\d+)x(\d+)$/.exec(id) ?? [];
    const local = count === undefined ? {} : { "quota:local_disk": `hdd:${count}:${size}:sata` };
    return {
      id,
      name: id,
      vcpus: "2",
      ram: 4_096,
      disk: "0",
      os_extra_specs: { "cond:operation:status": "normal", ...local },
    };
  });
  const found = all.filter(({ id }) => passes(query, "flavor_id", id));
  return { flavors: markerPage(found, query, 1_000).rows };
}

function listServerGroups({ state, query }: Asked): JsonObject {
  const { rows, info } = markerPage(resourcesOf(state, "server-group"), query, 1_000);
  const server_groups = rows.map(({ id, wire }) => ({
    ...wire,
    members: [...state.memberships.values()].flatMap((one) => (one.id === id ? [one.member] : [])),
  }));
  return { server_groups, page_info: info };
}

function listHosts(asked: Asked): JsonObject {
  const rows = resourcesOf(asked.state, "host");
  const hosts = markerPage(rows, asked.query, 1_000).rows.map(({ id, wire }) => ({
    ...wire,
    instance_uuids: [...asked.state.servers.values()].flatMap((server) => (server.hostId === id ? [server.id] : [])),
  }));
  const found = hosts.filter((host) => passes(asked.query, "instance_uuid", ...host.instance_uuids));
  return { dedicated_hosts: found, total: found.length };
}

function listTemplateVersions(asked: Asked): JsonObject {
  const found = wiresOf(asked, "launch-template-version", "launch_template_id");
  return { request_id: asked.requestId, launch_template_versions: found, page_info: { current_count: found.length } };
}

function describeKey(asked: Asked): JsonObject {
  const id = text(asked.body, "key_id") ?? "";
  const key = resourcesOf(asked.state, "key").find((one) => one.id === id);
  if (!key) throw refusal("KMS.0205", "The key does not exist.", 404);
  return { key_info: key.wire };
}

/** Tags of any kind of resource at once; of servers, it writes them to the server. */
function tagResources(asked: Asked, isDeletion: boolean): JsonObject {
  const failed_resources = records(asked.body, "resources").flatMap((resource) => {
    const id = text(resource, "resource_id") ?? "";
    const server = asked.state.servers.get(id);
    const common = { resource_id: id, resource_type: text(resource, "resource_type") ?? "" };
    if (!server) return [{ ...common, error_code: "TMS.0014", error_msg: "Resource not found." }];
    const tags = { ...server.tags };
    for (const tag of records(asked.body, "tags")) {
      if (isDeletion) delete tags[text(tag, "key") ?? ""];
      else tags[text(tag, "key") ?? ""] = text(tag, "value") ?? "";
    }
    change(asked.state.servers, id, { tags });
    asked.effect(id);
    return [];
  });
  return { failed_resources };
}

const tagged = "project_id resources[50]{resource_id! resource_type!}! tags[10]{key! value}!";

/** Reads of ECS that are no part of a server's life. */
const catalogActions: HuaweiActions = {
  "ecs:GET /v1/{project_id}/cloudservers/flavors": ecs.read("availability_zone flavor_id limit:n marker", listFlavors),
  "ecs:GET /v1/{project_id}/cloudservers/os-server-groups": ecs.read("limit:n0-1000 marker", listServerGroups),
  "ecs:GET /v3/{project_id}/instance-scheduled-events": ecs.read(
    "marker id instance_id[] type[] state[] publish_since publish_until limit:n1-100",
    byMarker("event", "events", 100, ["id", "instance_id", "type", "state"]),
  ),
  "ecs:GET /v3/{project_id}/launch-templates": ecs.read(
    "limit:n marker launch_template_id[] name[]",
    byMarker("launch-template", "launch_templates", 2_000, ["name"]),
  ),
  "ecs:GET /v3/{project_id}/launch-template-versions": ecs.read(
    "limit:n marker launch_template_id image_id flavor_id version[]",
    listTemplateVersions,
  ),
  "ecs:GET /v2.1/{project_id}/os-keypairs": ecs.read("limit:n marker", (asked) => ({
    keypairs: wiresOf(asked, "key-pair"),
  })),
};

/** Services that only name servers: each answers a list or two. */
export const otherActions: HuaweiActions = {
  ...catalogActions,
  ...natActions,
  ...dnsActions,
  "ces:GET /v2/{project_id}/alarms": plain.read(
    "alarm_id name namespace resource_id enterprise_project_id limit:n1-100 offset:n",
    listAlarms,
  ),
  "ces:GET /V1.0/{project_id}/alarms": plain.read("limit:n1-100 order start", listOlderAlarms),
  "ims:GET /v2/cloudimages": plain.read(
    "__imagetype __isregistered __os_bit __os_type __platform protected id name status limit:n marker sort_key sort_dir " +
      "visibility enterprise_project_id owner tag virtual_env_type",
    listImages,
  ),
  "rds:GET /v3/{project_id}/instances": plain.read(
    "id name type datastore_type vpc_id subnet_id offset:n limit:n1-100 tags",
    byOffset("database", "instances", 100, ["id", "name", "vpc_id", "subnet_id"], "total_count"),
  ),
  "gaussdb:GET /mysql/v3/{project_id}/instances": plain.read(
    "id name vpc_id subnet_id offset:n limit:n1-100",
    byOffset("gaussdb", "instances", 100, ["id", "name", "vpc_id", "subnet_id"], "total_count"),
  ),
  "sfs-turbo:GET /v1/{project_id}/sfs-turbo/shares/detail": plain.read(
    "limit:n offset:n",
    byOffset("file-system", "shares", 200, [], "count"),
  ),
  "deh:GET /v1.0/{project_id}/dedicated-hosts": plain.read(
    "dedicated_host_id name host_type state instance_uuid limit:n marker",
    listHosts,
  ),
  "kms:POST /v1.0/{project_id}/kms/describe-key": plain.ask("key_id! sequence", describeKey),
  "kms:GET /v3/{project_id}/keypairs": plain.read("limit:n marker", (asked) => ({
    keypairs: wiresOf(asked, "key-pair"),
    page_info: {},
  })),
  "tms:POST /v1.0/resource-tags/batch-create": plain.write(tagged, (asked) => tagResources(asked, false)),
  "tms:POST /v1.0/resource-tags/batch-delete": plain.write(tagged, (asked) => tagResources(asked, true)),
};
