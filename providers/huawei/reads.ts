import type { ApiRequest, RequestClass } from "../../src/transport.js";

/** Every request that only reads, as method and path template: some listings are POSTs. What is not listed is a mutation. */
const reads: Readonly<Record<string, ReadonlySet<string>>> = {
  ecs: new Set([
    "GET /v1/{project_id}/cloudservers/detail",
    "GET /v1/{project_id}/cloudservers/{server_id}",
    "GET /v1/{project_id}/cloudservers/{server_id}/block_device",
    "GET /v1/{project_id}/cloudservers/{server_id}/os-interface",
    "GET /v1.1/{project_id}/cloudservers/detail",
    "GET /v1/{project_id}/recycle-bin",
    "GET /v1/{project_id}/recycle-bin/cloudservers",
    "GET /v1/{project_id}/cloudservers/flavors",
    "GET /v1/{project_id}/cloudservers/os-server-groups",
    "GET /v1/{project_id}/cloudservers/{server_id}/tags",
    "GET /v3/{project_id}/instance-scheduled-events",
    "GET /v3/{project_id}/launch-templates",
    "GET /v3/{project_id}/launch-template-versions",
    "GET /v1/{project_id}/jobs/{job_id}",
  ]),
  evs: new Set([
    "GET /v2/{project_id}/cloudvolumes/detail",
    "GET /v2/{project_id}/cloudsnapshots/detail",
    "GET /v5/{project_id}/snapshots/detail",
    "GET /v5/{project_id}/snapshot-groups/detail",
    "GET /v3/{project_id}/recycle-bin-volumes/policy",
    "GET /v3/{project_id}/recycle-bin-volumes/detail",
    "GET /v1/{project_id}/jobs/{job_id}",
  ]),
  vpc: new Set([
    "GET /v1/{project_id}/ports",
    "GET /v1/{project_id}/publicips",
    "GET /v3/{project_id}/eip/publicips",
    "GET /v3/{project_id}/vpc/security-groups",
    "GET /v3/{project_id}/vpc/security-group-rules",
    "GET /v3/{project_id}/vpc/address-groups",
    "GET /v3/{project_id}/vpc/sub-network-interfaces",
    "GET /v3/{project_id}/vpc/traffic-mirror-sessions",
    "GET /v1/{project_id}/routetables",
    "GET /v1/{project_id}/routetables/{routetable_id}",
    "GET /v2.0/vpc/peerings",
    "GET /v1/{project_id}/vpcs",
    "GET /v1/{project_id}/subnets",
  ]),
  elb: new Set([
    "GET /v3/{project_id}/elb/members",
    "GET /v3/{project_id}/elb/pools",
    "GET /v3/{project_id}/elb/loadbalancers",
  ]),
  as: new Set([
    "GET /autoscaling-api/v1/{project_id}/scaling_group",
    "GET /autoscaling-api/v1/{project_id}/scaling_configuration",
    "GET /autoscaling-api/v1/{project_id}/scaling_group_instance/{scaling_group_id}/list",
  ]),
  cbr: new Set([
    "GET /v3/{project_id}/vaults",
    "GET /v3/{project_id}/backups",
    "GET /v3/{project_id}/backups/{backup_id}",
    "GET /v3/{project_id}/checkpoints/{checkpoint_id}",
    "GET /v3/{project_id}/policies",
    "GET /v3/{project_id}/operation-logs",
  ]),
  ims: new Set(["GET /v2/cloudimages"]),
  dns: new Set(["GET /v2/zones", "GET /v2/recordsets", "GET /v2.1/recordsets", "GET /v2/reverse/floatingips"]),
  nat: new Set([
    "GET /v2/{project_id}/dnat_rules",
    "GET /v2/{project_id}/snat_rules",
    "GET /v3/{project_id}/private-nat/dnat-rules",
    "GET /v3/{project_id}/private-nat/transit-ips",
  ]),
  ces: new Set(["GET /V1.0/{project_id}/alarms", "GET /v2/{project_id}/alarms"]),
  rds: new Set(["GET /v3/{project_id}/instances"]),
  cce: new Set([
    "GET /api/v3/projects/{project_id}/clusters",
    "GET /api/v3/projects/{project_id}/clusters/{cluster_id}/nodes",
  ]),
  deh: new Set(["GET /v1.0/{project_id}/dedicated-hosts"]),
  "sfs-turbo": new Set(["GET /v1/{project_id}/sfs-turbo/shares/detail"]),
  kms: new Set(["POST /v1.0/{project_id}/kms/describe-key"]),
  iam: new Set(["GET /v3/projects", "GET /v3/auth/domains"]),
  bss: new Set([
    "POST /v2/orders/suscriptions/resources/query",
    "GET /v2/orders/customer-orders/details/{order_id}",
    "GET /v2/orders/customer-orders/refund-orders",
  ]),
};

/** What a request does, by method and path template. There is no dry run on this cloud. */
export function classify(request: ApiRequest): RequestClass {
  return reads[request.service]?.has(request.action) === true ? "read" : "mutation";
}
