import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { read } from "../action.js";
import { deviceName } from "../build.js";
import { among, amongIds, is, isOneOf, matching } from "../lists.js";
import type { LaunchTemplate, PrefixList } from "../owners.js";
import type { AliyunActions, AliyunRequestContext, Image } from "../state.js";
import { numberedPage, tokenPage } from "../wire/pages.js";
import { need, text, texts } from "../wire/read.js";
import { seconds } from "../wire/times.js";

/** Only custom images: those of the cloud itself are countless and say nothing here. */
function describeImages({ state, input, scope }: AliyunRequestContext): JsonObject {
  const owner = text(input, "ImageOwnerAlias");
  if (owner !== undefined && !["system", "self", "others", "marketplace"].includes(owner))
    throw refusal("InvalidImageOwnerAlias.ValueNotSupported", "The specified ImageOwnerAlias value is not supported.");
  const own = owner === undefined || owner === "self" ? [...state.images.values()] : [];
  const found = matching<Image>(own, input, {
    ImageId: (_input, name) => {
      const wanted = text(input, name)?.split(",");
      return wanted ? ({ id }) => wanted.includes(id) : undefined;
    },
    SnapshotId: (_input, name) => {
      const wanted = text(input, name);
      return wanted ? ({ snapshotIds }) => snapshotIds.includes(wanted) : undefined;
    },
    Status: isOneOf(
      ["Creating", "Waiting", "Available", "UnAvailable", "CreateFailed"],
      "InvalidParamter",
      400,
      () => "Available",
    ),
  });
  const { rows, fields } = numberedPage(input, found, 100);
  const row = (image: Image): JsonObject => ({
    ImageId: image.id,
    ImageName: image.name,
    ImageOwnerAlias: "self",
    ImageFamily: "",
    ImageVersion: "",
    Description: "",
    OSType: "linux",
    OSName: "CentOS  7.4 64位",
    OSNameEn: "CentOS  7.4 64 bit",
    Platform: "CentOS",
    Architecture: "x86_64",
    Size: 40,
    ProductCode: "",
    ResourceGroupId: "",
    IsCopied: false,
    IsSelfShared: "",
    IsSubscribed: false,
    IsSupportCloudinit: true,
    IsSupportIoOptimized: true,
    Status: "Available",
    Progress: "100%",
    CreationTime: seconds(image.createdAt),
    Usage: "none",
    DiskDeviceMappings: {
      DiskDeviceMapping: image.snapshotIds.map((id, index) => ({
        SnapshotId: id,
        Device: deviceName(index),
        Type: index === 0 ? "system" : "data",
        Format: "",
        Progress: "100%",
        ImportOSSBucket: "",
        ImportOSSObject: "",
        Size: String(state.snapshots.get(id)?.sizeGiB ?? ""),
      })),
    },
    Tags: { Tag: [] },
  });
  return { ...fields, RegionId: scope.region, Images: { Image: rows.map(row) } };
}

function describePrefixLists({ state, input }: AliyunRequestContext): JsonObject {
  const found = matching<PrefixList>(state.prefixLists.values(), input, {
    PrefixListId: amongIds("prefix-list", "InvalidParameter", ({ id }) => id),
    PrefixListName: is(({ name }) => name),
    AddressFamily: is(() => "IPv4"),
  });
  const { rows, fields } = tokenPage(input, found, { size: "MaxResults", usual: 10, most: 100 });
  const row = (list: PrefixList): JsonObject => ({
    ...prefixListFields(list),
    AssociationCount: [...state.groups.values()].filter(({ rules }) => rules.some(names(list.id))).length,
    ResourceGroupId: "",
    Tags: { Tag: [] },
  });
  return { ...fields, PrefixLists: { PrefixList: rows.map(row) } };
}

function prefixListFields({ id, name, createdAt }: PrefixList): JsonObject {
  return {
    PrefixListId: id,
    PrefixListName: name,
    AddressFamily: "IPv4",
    Description: "",
    MaxEntries: 200,
    CreationTime: seconds(createdAt),
  };
}

function names(listId: string) {
  return ({
    fields,
  }: {
    readonly fields: { readonly SourcePrefixListId: string; readonly DestPrefixListId: string };
  }) => fields.SourcePrefixListId === listId || fields.DestPrefixListId === listId;
}

function namedPrefixList({ state, input }: AliyunRequestContext): PrefixList {
  const list = state.prefixLists.get(need(input, "PrefixListId"));
  if (!list) throw refusal("InvalidPrefixListId.NotFound", "The specified prefix list was not found.", 404);
  return list;
}

function describePrefixListAttributes(context: AliyunRequestContext): JsonObject {
  const list = namedPrefixList(context);
  return {
    ...prefixListFields(list),
    Entries: { Entry: list.cidrs.map((Cidr) => ({ Cidr, Description: "" })) },
  };
}

function describePrefixListAssociations(context: AliyunRequestContext): JsonObject {
  const { state, input } = context;
  const { id } = namedPrefixList(context);
  const using = [...state.groups.values()].filter(({ rules }) => rules.some(names(id)));
  const { rows, fields } = tokenPage(input, using, { size: "MaxResults", usual: 10, most: 100 });
  const associations = rows.map((group) => ({ ResourceId: group.id, ResourceType: "securitygroup" }));
  return { ...fields, PrefixListAssociations: { PrefixListAssociation: associations } };
}

function describeLaunchTemplates({ state, input }: AliyunRequestContext): JsonObject {
  const found = matching<LaunchTemplate>(state.launchTemplates.values(), input, {
    LaunchTemplateId: amongIds("launch-template", "InvalidParameter", ({ id }) => id),
    LaunchTemplateName: among(({ name }) => name),
  });
  const { rows, fields } = numberedPage(input, found, 50);
  const sets = rows.map((template) => ({
    LaunchTemplateId: template.id,
    LaunchTemplateName: template.name,
    DefaultVersionNumber: 1,
    LatestVersionNumber: 1,
    CreateTime: seconds(template.createdAt),
    ModifiedTime: seconds(template.createdAt),
    Tags: { Tag: [] },
  }));
  return { ...fields, LaunchTemplateSets: { LaunchTemplateSet: sets } };
}

function describeLaunchTemplateVersions({ state, input }: AliyunRequestContext): JsonObject {
  const id = text(input, "LaunchTemplateId");
  const name = text(input, "LaunchTemplateName");
  const template = [...state.launchTemplates.values()].find((each) => each.id === id || each.name === name);
  if (!template) throw refusal("InvalidLaunchTemplate.NotFound", "The specified launch template is not found.", 404);
  const wanted = texts(input, "LaunchTemplateVersion");
  const { rows, fields } = numberedPage(input, wanted && !wanted.includes("1") ? [] : [template], 50);
  const sets = rows.map((each) => ({
    LaunchTemplateId: each.id,
    LaunchTemplateName: each.name,
    VersionNumber: 1,
    DefaultVersion: true,
    VersionDescription: "",
    CreateTime: seconds(each.createdAt),
    LaunchTemplateData: {
      // One group alone stands in the older field, several in the newer.
      SecurityGroupId: each.groupIds.length === 1 ? (each.groupIds[0] ?? "") : "",
      SecurityGroupIds: { SecurityGroupId: each.groupIds.length === 1 ? [] : each.groupIds },
      NetworkInterfaces: { NetworkInterface: [] },
    },
  }));
  return { ...fields, LaunchTemplateVersionSets: { LaunchTemplateVersionSet: sets } };
}

function describeRegions({ scope, options }: AliyunRequestContext): JsonObject {
  const names = new Set([scope.region, ...(options.regions ?? [])]);
  const Region = [...names].map((RegionId) => ({
    RegionId,
    RegionEndpoint: `ecs.${RegionId}.aliyuncs.com`,
    LocalName: RegionId,
    Status: "available",
  }));
  return { Regions: { Region } };
}

/** Things beside instances that a survey reads. */
export const catalog: AliyunActions = {
  "ecs:DescribeImages": read(
    "RegionId! ImageOwnerAlias ImageId SnapshotId Status PageNumber:n PageSize:n",
    describeImages,
  ),
  "ecs:DescribePrefixLists": read(
    "RegionId! PrefixListId[100] PrefixListName AddressFamily MaxResults:n NextToken",
    describePrefixLists,
  ),
  "ecs:DescribePrefixListAttributes": read("RegionId! PrefixListId!", describePrefixListAttributes),
  "ecs:DescribePrefixListAssociations": read(
    "RegionId! PrefixListId! MaxResults:n NextToken",
    describePrefixListAssociations,
  ),
  "ecs:DescribeLaunchTemplates": read(
    "RegionId! LaunchTemplateId[100] LaunchTemplateName[100] PageNumber:n PageSize:n",
    describeLaunchTemplates,
  ),
  "ecs:DescribeLaunchTemplateVersions": read(
    "RegionId! LaunchTemplateId LaunchTemplateName LaunchTemplateVersion[30] DetailFlag:b PageNumber:n PageSize:n",
    describeLaunchTemplateVersions,
  ),
  "ecs:DescribeRegions": read("AcceptLanguage InstanceChargeType ResourceType", describeRegions),
};
