import { need, number, numbers, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { list, pageOf, usualPages } from "../list.js";
import type { Instance, Resource } from "../records.js";
import { plain, service } from "../service.js";
import { existing, resourcesOf, type TencentActions } from "../state.js";
import { beijing, utc } from "../times.js";

const tat = service({ unknownFilter: "InvalidParameterValue.InvalidFilter" });

/** What is only looked at: orders and commitments, file systems, the automation agent. */
export const otherActions: TencentActions = {
  "billing:DescribeDealsByCond": plain.read(
    "StartTime! EndTime! Limit:n! Offset:n Status:n OrderId BigDealId ResourceId StatusSet[]:n",
    ({ state, parameters }) => {
      const statuses = numbers(parameters, "StatusSet");
      const resource = text(parameters, "ResourceId");
      const limit = number(parameters, "Limit") ?? 20;
      if (limit > 1_000) throw refusal("InvalidParameterValue", "`Limit` is at most 1000.");
      const chosen = resourcesOf(state, "deal").filter(
        ({ wire }) =>
          (statuses.length === 0 || statuses.includes(Number(wire.Status))) &&
          (resource === undefined || texts(wire, "ResourceId").includes(resource)),
      );
      // `Offset` counts pages here.
      const start = (number(parameters, "Offset") ?? 0) * limit;
      return { Deals: chosen.slice(start, start + limit).map(({ wire }) => wire), TotalCount: chosen.length };
    },
  ),
  // The answer tells how many there are and nothing else (billing, DescribeSavingPlanResourceInfoResponse).
  "billing:DescribeSavingPlanResourceInfo": plain.read(
    "Limit:n! Offset:n! CreateStartDate CreateEndDate",
    ({ state, parameters }) => {
      pageOf(parameters, usualPages, plain.wording);
      return { Total: resourcesOf(state, "savings-plan").length };
    },
  ),
  "billing:DescribeRenewInstances": plain.read(
    "MaxResults:n! NextToken Reverse:b RenewFlagList[] InstanceIdList[100] ExpireTimeStart ExpireTimeEnd",
    ({ state, parameters }) => {
      const size = number(parameters, "MaxResults") ?? 0;
      if (size < 1 || size > 100) throw refusal("FailedOperation", "`MaxResults` is between 1 and 100.");
      const ids = texts(parameters, "InstanceIdList");
      const flags = texts(parameters, "RenewFlagList");
      const prepaid = [...state.instances.values()].filter(
        ({ id, chargeType, renewFlag }) =>
          chargeType === "PREPAID" &&
          (ids.length === 0 || ids.includes(id)) &&
          (flags.length === 0 || flags.includes(renewFlag ?? "")),
      );
      const start = Number(text(parameters, "NextToken") ?? 0);
      const end = start + size;
      return {
        InstanceList: prepaid.slice(start, end).map((one) => ({
          InstanceId: one.id,
          ProductCode: "p_cvm",
          SubProductCode: "sp_cvm",
          RegionCode: state.region,
          Status: one.state === "SHUTDOWN" ? "ISOLATED" : "NORMAL",
          RenewFlag: one.renewFlag ?? "",
          ExpireTime: one.expiresAt === undefined ? "" : beijing(one.expiresAt),
          InstanceName: one.name,
          ProductName: "CVM",
          ProjectName: "Default Project",
          RenewPeriod: 1,
          RenewPeriodUnit: "m",
        })),
        NextToken: end < prepaid.length ? String(end) : "",
      };
    },
  ),
  "cfs:DescribeCfsPGroups": plain.read("", ({ state }) => ({
    PGroupList: resourcesOf(state, "file-permission-group").map(({ id }) => ({
      PGroupId: id,
      Name: id,
      DescInfo: "",
      CDate: "2024-01-01 00:00:00",
      BindCfsNum: 1,
    })),
  })),
  "cfs:DescribeCfsRules": plain.read("PGroupId!", ({ state, parameters }) => {
    const id = need(parameters, "PGroupId");
    const groups = new Map(resourcesOf(state, "file-permission-group").map((one): [string, Resource] => [one.id, one]));
    existing(groups, id, "InvalidParameterValue.InvalidPgroup", "permission group");
    const rules = resourcesOf(state, "file-rule").filter(({ wire }) => wire.group === id);
    return {
      RuleList: rules.map(({ id: RuleId, wire }) => ({
        RuleId,
        AuthClientIp: wire.ip ?? "",
        RWPermission: "RW",
        UserPermission: "no_root_squash",
        Priority: 100,
      })),
    };
  }),
  "tat:DescribeAutomationAgentStatus": list<Instance>(tat, {
    parameters: "InstanceIds[100] Filters[]{Name! Values[]!} Limit:n Offset:n",
    set: "AutomationAgentSet",
    things: ({ instances }) => instances,
    ids: {
      parameter: "InstanceIds",
      path: "InstanceId",
      form: "instance",
      malformed: "InvalidParameterValue.InvalidInstanceId",
    },
    item: ({ id, state }, { now }) => ({
      InstanceId: id,
      Version: "1.0.0",
      LastHeartbeatTime: utc(now),
      AgentStatus: state === "RUNNING" ? "Online" : "Offline",
      Environment: "Linux",
      SupportFeatures: [],
    }),
    filters: { "agent-status": "AgentStatus", environment: "Environment", "instance-id": "InstanceId" },
    pages: usualPages,
  }),
};
