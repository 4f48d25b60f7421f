import type { JsonObject } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { read } from "./action.js";
import { is, matching } from "./lists.js";
import type { FileSystem } from "./owners.js";
import type { AliyunActions, AliyunRequestContext } from "./state.js";
import { numberedPage } from "./wire/pages.js";
import { need, text } from "./wire/read.js";
import { seconds } from "./wire/times.js";

function describeFileSystems({ state, input, scope }: AliyunRequestContext): JsonObject {
  const types = text(input, "FileSystemType")?.split(",");
  const found = matching<FileSystem>(state.fileSystems.values(), input, {
    FileSystemId: is(({ id }) => id),
    VpcId: is(({ vpcId }) => vpcId),
  }).filter(({ type }) => !types || types.includes("all") || types.includes(type));
  const { rows, fields } = numberedPage(input, found, 100);
  const FileSystems = {
    FileSystem: rows.map(({ id, type, vpcId, createdAt }) => ({
      FileSystemId: id,
      Description: id,
      FileSystemType: type,
      ProtocolType: type === "cpfs" ? "cpfs" : "NFS",
      StorageType: "Performance",
      ChargeType: "PayAsYouGo",
      Status: "Running",
      RegionId: scope.region,
      ZoneId: `${scope.region}-h`,
      VpcId: vpcId,
      CreateTime: seconds(createdAt),
      MeteredSize: 0,
      MountTargets: {
        MountTarget: [
          {
            MountTargetDomain: domainOf(id, scope.region),
            AccessGroupName: "DEFAULT_VPC_GROUP_NAME",
            NetworkType: "Vpc",
            Status: "Active",
            VpcId: vpcId,
            VswId: "",
            ClientMasterNodes: { ClientMasterNode: [] },
            Tags: { Tag: [] },
          },
        ],
      },
      Packages: { Package: [] },
      SupportedFeatures: { SupportedFeature: [] },
      Tags: { Tag: [] },
    })),
  };
  return { ...fields, FileSystems };
}

/** "Only General-purpose NAS file systems support this operation"; what it says to others is not published. */
function describeMountedClients({ state, input, scope }: AliyunRequestContext): JsonObject {
  const found = state.fileSystems.get(need(input, "FileSystemId"));
  if (!found) throw refusal("InvalidFileSystem.NotFound", "The specified file system does not exist.", 404);
  if (found.type !== "standard")
    throw refusal("InvalidFileSystemType.NotSupported", "The specified file system type is not supported.", 403);
  if (need(input, "MountTargetDomain") !== domainOf(found.id, scope.region))
    throw refusal("InvalidMountTarget.NotFound", "The specified mount target does not exist.", 404);
  const wanted = text(input, "ClientIP");
  const { rows, fields } = numberedPage(
    input,
    found.clientIps.filter((ip) => !wanted || ip === wanted),
    100,
  );
  return { ...fields, Clients: { Client: rows.map((ClientIP) => ({ ClientIP })) } };
}

function domainOf(id: string, region: string): string {
  return `${id}-abc12.${region}.nas.aliyuncs.com`;
}

/** File Storage NAS: file systems, each with one mount target, and who uses them. */
export const fileSystems: AliyunActions = {
  "nas:DescribeFileSystems": read(
    "RegionId FileSystemId FileSystemType VpcId PageNumber:n PageSize:n",
    describeFileSystems,
  ),
  "nas:DescribeMountedClients": read(
    "RegionId! FileSystemId! MountTargetDomain! ClientIP PageNumber:n PageSize:n",
    describeMountedClients,
  ),
};
