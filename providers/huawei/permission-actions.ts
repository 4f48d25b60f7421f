/**
 * The IAM action behind each request, in the names of identity policies ("Permissions and supported actions" of each
 * service). `undefined` where every identity may: who one is, IAM tells anybody.
 */
const actions: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  iam: {
    "GET /v3/auth/domains": undefined,
    "GET /v3/projects": "iam:projects:listProjects",
  },
  ecs: {
    "GET /v1/{project_id}/cloudservers/detail": "ecs:cloudServers:listServersDetails",
    "GET /v1.1/{project_id}/cloudservers/detail": "ecs:cloudServers:list",
    "GET /v1/{project_id}/cloudservers/{server_id}": "ecs:cloudServers:showServer",
    "GET /v1/{project_id}/cloudservers/{server_id}/block_device": "ecs:cloudServers:listServerBlockDevices",
    "GET /v1/{project_id}/cloudservers/{server_id}/os-interface": "ecs:cloudServers:listServerInterfaces",
    "GET /v1/{project_id}/cloudservers/{server_id}/tags": "ecs:cloudServers:showServerTags",
    "GET /v1/{project_id}/cloudservers/flavors": "ecs:cloudServerFlavors:get",
    "GET /v1/{project_id}/cloudservers/os-server-groups": "ecs:serverGroups:list",
    "GET /v1/{project_id}/jobs/{job_id}": "ecs:cloudServers:showJob",
    "GET /v1/{project_id}/recycle-bin": "ecs:recycleBin:get",
    "GET /v1/{project_id}/recycle-bin/cloudservers": "ecs:recycleBin:listServers",
    "GET /v3/{project_id}/instance-scheduled-events": "ecs:instanceScheduledEvents:list",
    "GET /v3/{project_id}/launch-template-versions": "ecs:launchTemplates:listVersions",
    "GET /v3/{project_id}/launch-templates": "ecs:launchTemplates:list",
    "POST /v1/{project_id}/cloudservers/action": "ecs:cloudServers:stop",
    "POST /v1/{project_id}/cloudservers/delete": "ecs:cloudServers:deleteServers",
    "POST /v1/{project_id}/cloudservers/{server_id}/actions/update-auto-terminate-time":
      "ecs:cloudServers:updateAutoTerminateTime",
    "POST /v1/{project_id}/cloudservers/{server_id}/attachvolume": "ecs:cloudServers:attach",
    "DELETE /v1/{project_id}/cloudservers/{server_id}/detachvolume/{volume_id}": "ecs:cloudServers:detachVolume",
    "PUT /v1/{project_id}/cloudservers/{server_id}/block_device/{volume_id}":
      "ecs:cloudServers:updateServerBlockDevice",
    "POST /v1/{project_id}/cloudservers/{server_id}/metadata": "ecs:cloudServers:setMetadata",
    "DELETE /v1/{project_id}/cloudservers/{server_id}/metadata/{key}": "ecs:cloudServers:deleteMetadata",
    "POST /v1/{project_id}/cloudservers/{server_id}/tags/action": "ecs:cloudServers:batchSetServerTags",
    "POST /v1/{project_id}/recycle-bin/cloudservers/{server_id}/actions/revert": "ecs:recycleBin:revertServer",
    "DELETE /v1/{project_id}/recycle-bin/cloudservers/{server_id}": "ecs:recycleBin:deleteServer",
    "POST /v2.1/{project_id}/servers/{server_id}/action": "ecs:cloudServers:lock",
  },
  evs: {
    "GET /v2/{project_id}/cloudvolumes/detail": "evs:volumes:list",
    "GET /v2/{project_id}/cloudsnapshots/detail": "evs:snapshots:list",
    "GET /v5/{project_id}/snapshots/detail": "evs:snapshots:list",
    "GET /v5/{project_id}/snapshot-groups/detail": "evs:snapshotGroups:list",
    "GET /v3/{project_id}/recycle-bin-volumes/policy": "evs:recyclePolicy:get",
    "GET /v3/{project_id}/recycle-bin-volumes/detail": "evs:recycleBinVolumes:list",
    "GET /v1/{project_id}/jobs/{job_id}": "evs:jobs:get",
    "POST /v3/{project_id}/recycle-bin-volumes/{volume_id}/revert": "evs:recycleBinVolumes:revert",
    "DELETE /v2/{project_id}/cloudvolumes/{volume_id}": "evs:volumes:delete",
    "POST /v5/{project_id}/snapshot-groups": "evs:snapshotGroups:create",
    "DELETE /v5/{project_id}/snapshots/{snapshot_id}": "evs:snapshots:delete",
    "DELETE /v5/{project_id}/snapshot-groups/{snapshot_group_id}": "evs:snapshotGroups:delete",
  },
  vpc: {
    "GET /v1/{project_id}/ports": "vpc:ports:list",
    "PUT /v1/{project_id}/ports/{port_id}": "vpc:ports:update",
    "GET /v1/{project_id}/routetables": "vpc:routeTables:list",
    "GET /v1/{project_id}/routetables/{routetable_id}": "vpc:routeTables:get",
    "GET /v1/{project_id}/vpcs": "vpc:vpcs:list",
    "GET /v1/{project_id}/subnets": "vpc:subnets:list",
    "GET /v2.0/vpc/peerings": "vpc:peerings:list",
    "GET /v3/{project_id}/vpc/security-groups": "vpc:securityGroups:list",
    "POST /v3/{project_id}/vpc/security-groups": "vpc:securityGroups:create",
    "DELETE /v3/{project_id}/vpc/security-groups/{security_group_id}": "vpc:securityGroups:delete",
    "GET /v3/{project_id}/vpc/security-group-rules": "vpc:securityGroupRules:list",
    "POST /v3/{project_id}/vpc/security-group-rules": "vpc:securityGroupRules:create",
    "DELETE /v3/{project_id}/vpc/security-group-rules/{security_group_rule_id}": "vpc:securityGroupRules:delete",
    "GET /v3/{project_id}/vpc/address-groups": "vpc:addressGroups:list",
    "GET /v3/{project_id}/vpc/sub-network-interfaces": "vpc:subNetworkInterfaces:list",
    "GET /v3/{project_id}/vpc/traffic-mirror-sessions": "vpc:trafficMirrorSessions:list",
    "GET /v3/{project_id}/eip/publicips": "eip:publicIps:list",
    "GET /v1/{project_id}/publicips": "eip:publicIps:list",
    "POST /v3/{project_id}/eip/publicips/{publicip_id}/disassociate-instance": "eip:publicIps:disassociateInstance",
    "POST /v3/{project_id}/eip/publicips/{publicip_id}/associate-instance": "eip:publicIps:associateInstance",
    "PUT /v1/{project_id}/publicips/{publicip_id}": "eip:publicIps:update",
    "DELETE /v1/{project_id}/publicips/{publicip_id}": "eip:publicIps:delete",
  },
  elb: {
    "GET /v3/{project_id}/elb/members": "elb:members:list",
    "GET /v3/{project_id}/elb/pools": "elb:pools:list",
    "GET /v3/{project_id}/elb/loadbalancers": "elb:loadbalancers:list",
    "POST /v3/{project_id}/elb/pools/{pool_id}/members": "elb:members:create",
    "PUT /v3/{project_id}/elb/pools/{pool_id}/members/{member_id}": "elb:members:put",
    "DELETE /v3/{project_id}/elb/pools/{pool_id}/members/{member_id}": "elb:members:delete",
  },
  as: {
    "GET /autoscaling-api/v1/{project_id}/scaling_group": "as:groups:list",
    "GET /autoscaling-api/v1/{project_id}/scaling_configuration": "as:configs:list",
    "GET /autoscaling-api/v1/{project_id}/scaling_group_instance/{scaling_group_id}/list": "as:instances:list",
    "POST /autoscaling-api/v1/{project_id}/scaling_group_instance/{scaling_group_id}/action":
      "as:instances:batchOperate",
  },
  cbr: {
    "GET /v3/{project_id}/vaults": "cbr:vaults:list",
    "POST /v3/{project_id}/vaults": "cbr:vaults:create",
    "DELETE /v3/{project_id}/vaults/{vault_id}": "cbr:vaults:delete",
    "POST /v3/{project_id}/vaults/{vault_id}/addresources": "cbr:vaults:addResources",
    "POST /v3/{project_id}/checkpoints": "cbr:vaults:backup",
    "GET /v3/{project_id}/checkpoints/{checkpoint_id}": "cbr:vaults:get",
    "GET /v3/{project_id}/backups": "cbr:backups:list",
    "GET /v3/{project_id}/backups/{backup_id}": "cbr:backups:get",
    "DELETE /v3/{project_id}/backups/{backup_id}": "cbr:backups:delete",
    "GET /v3/{project_id}/policies": "cbr:policies:list",
    "GET /v3/{project_id}/operation-logs": "cbr:tasks:list",
  },
  ims: { "GET /v2/cloudimages": "ims:images:list" },
  dns: {
    "GET /v2.1/recordsets": "dns:recordset:list",
    "GET /v2/reverse/floatingips": "dns:ptr:list",
  },
  nat: {
    "GET /v2/{project_id}/dnat_rules": "nat:dnatRules:list",
    "GET /v2/{project_id}/snat_rules": "nat:snatRules:list",
    "GET /v3/{project_id}/private-nat/dnat-rules": "nat:privateDnatRules:list",
    "GET /v3/{project_id}/private-nat/transit-ips": "nat:transitIps:list",
  },
  ces: { "GET /v2/{project_id}/alarms": "ces:alarms:list" },
  rds: { "GET /v3/{project_id}/instances": "rds:instance:list" },
  cce: {
    "GET /api/v3/projects/{project_id}/clusters": "cce:cluster:list",
    "GET /api/v3/projects/{project_id}/clusters/{cluster_id}/nodes": "cce:node:list",
  },
  deh: { "GET /v1.0/{project_id}/dedicated-hosts": "deh:dedicatedHosts:list" },
  "sfs-turbo": { "GET /v1/{project_id}/sfs-turbo/shares/detail": "sfsturbo:shares:list" },
  kms: { "POST /v1.0/{project_id}/kms/describe-key": "kms:cmk:get" },
  bss: {
    "POST /v2/orders/suscriptions/resources/query": "billing:subscription:view",
    "POST /v2/orders/subscriptions/resources/unsubscribe": "billing:subscription:unsubscribe",
    "GET /v2/orders/customer-orders/details/{order_id}": "billing:order:view",
    "GET /v2/orders/customer-orders/refund-orders": "billing:order:view",
  },
};

/** The action behind a request; `undefined` for one that needs none. Throws for one that nobody wrote down. */
export function actionBehind(service: string, request: string): string | undefined {
  const known = actions[service];
  if (!known || !(request in known)) throw new TypeError(`No action is written down for ${service}:${request}.`);
  return known[request];
}
