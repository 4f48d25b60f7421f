import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { page } from "../paging.js";
import { type AwsRequestContext, resourcesOf } from "../state.js";
import { need, text } from "../wire/read.js";
import { service } from "./service.js";

const systemPages = {
  token: "Marker",
  next: "NextMarker",
  size: "MaxItems",
  usual: 100,
  most: 1000,
  invalid: "BadRequest",
} as const;

function describeTargets(context: AwsRequestContext): JsonObject {
  const system = text(context.parameters, "FileSystemId");
  const target = text(context.parameters, "MountTargetId");
  if (system === undefined && target === undefined && text(context.parameters, "AccessPointId") === undefined)
    throw refusal("BadRequest", "You must specify FileSystemId, MountTargetId or AccessPointId.");
  const chosen = resourcesOf(context.state, "mount-target").filter(
    ({ id, wire }) => (system === undefined || wire.FileSystemId === system) && (target === undefined || id === target),
  );
  const { things, next } = page(context, chosen, systemPages);
  return { MountTargets: things.map(({ wire }) => wire), ...next };
}

/** EFS: its mount targets are interfaces with security groups. */
export const elasticfilesystem = service(
  { name: "elasticfilesystem", protocol: "rest-json" },
  {
    DescribeFileSystems: {
      parameters: "MaxItems:n Marker CreationToken FileSystemId",
      http: "GET /2015-02-01/file-systems?MaxItems&Marker&CreationToken&FileSystemId",
      handle: (context) => {
        const id = text(context.parameters, "FileSystemId");
        const all = resourcesOf(context.state, "file-system").filter((one) => id === undefined || one.id === id);
        if (id !== undefined && all.length === 0)
          throw refusal("FileSystemNotFound", `File system '${id}' does not exist.`, 404);
        const { things, next } = page(context, all, systemPages);
        return { FileSystems: things.map(({ wire }) => wire), ...next };
      },
    },
    DescribeMountTargets: {
      parameters: "MaxItems:n Marker FileSystemId MountTargetId AccessPointId",
      http: "GET /2015-02-01/mount-targets?MaxItems&Marker&FileSystemId&MountTargetId&AccessPointId",
      handle: describeTargets,
    },
    DescribeMountTargetSecurityGroups: {
      parameters: "MountTargetId!",
      http: "GET /2015-02-01/mount-targets/{MountTargetId}/security-groups",
      handle: ({ state, parameters }) => {
        const id = need(parameters, "MountTargetId");
        const target = state.resources.get(`mount-target/${id}`);
        if (!target) throw refusal("MountTargetNotFound", `Mount target '${id}' does not exist.`, 404);
        const card = state.interfaces.get(String(target.wire.NetworkInterfaceId));
        return { SecurityGroups: [...(card?.groupIds ?? [])] };
      },
    },
  },
);
