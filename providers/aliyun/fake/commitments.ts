import type { JsonObject } from "../../../src/common.js";
import { read } from "./action.js";
import { among, is, matching } from "./lists.js";
import type { Commitment } from "./owners.js";
import type { AliyunActions, AliyunRequestContext, AliyunState } from "./state.js";
import { numberedPage } from "./wire/pages.js";
import { number } from "./wire/read.js";
import { minutes, seconds } from "./wire/times.js";

function commitmentsOf({ commitments }: AliyunState, kind: Commitment["kind"]): readonly Commitment[] {
  return [...commitments.values()].filter((commitment) => commitment.kind === kind);
}

function describeReserved({ state, input, scope, now }: AliyunRequestContext): JsonObject {
  const statusOf = ({ endsAt }: Commitment) => (endsAt > now ? "Active" : "Expired");
  const found = matching<Commitment>(commitmentsOf(state, "reserved-instance"), input, {
    Status: among(statusOf),
    InstanceType: is(({ instanceType }) => instanceType),
    Scope: is(({ zone }) => (zone === undefined ? "Region" : "Zone")),
    ReservedInstanceId: among(({ id }) => id),
  });
  const { rows, fields } = numberedPage(input, found, 100);
  const ReservedInstance = rows.map((commitment) => ({
    ReservedInstanceId: commitment.id,
    ReservedInstanceName: "",
    Description: "",
    RegionId: scope.region,
    ZoneId: commitment.zone ?? "",
    Scope: commitment.zone === undefined ? "Region" : "Zone",
    InstanceType: commitment.instanceType,
    InstanceAmount: 1,
    Platform: "Linux",
    OfferingType: "All Upfront",
    AllocationStatus: "",
    Status: statusOf(commitment),
    ResourceGroupId: "",
    CreationTime: minutes(commitment.startsAt),
    StartTime: minutes(commitment.startsAt),
    ExpiredTime: minutes(commitment.endsAt),
    OperationLocks: { OperationLock: [] },
    Tags: { Tag: [] },
  }));
  return { ...fields, ReservedInstances: { ReservedInstance } };
}

/** Twenty rows unless others are asked for. Billing writes times of its own form, and everything under `Data`. */
function querySavingsPlans({ state, input, scope, now }: AliyunRequestContext): JsonObject {
  const statusOf = ({ endsAt }: Commitment) => (endsAt > now ? "NORMAL" : "RELEASE");
  const found = matching<Commitment>(commitmentsOf(state, "savings-plan"), input, {
    Status: is(statusOf),
    InstanceId: is(({ id }) => id),
  });
  const paging = { PageNumber: number(input, "PageNum") ?? 1, PageSize: number(input, "PageSize") ?? 20 };
  const { rows } = numberedPage(paging, found, 300, 20);
  const written = (time: number) => seconds(time).replace("T", " ").replace("Z", "");
  const Items = rows.map((plan) => ({
    InstanceId: plan.id,
    Status: statusOf(plan),
    SavingsType: plan.instanceType === "" ? "universal" : "ecs",
    InstanceFamily: plan.instanceType.split(".").slice(0, 2).join("."),
    Region: plan.instanceType === "" ? "" : scope.region,
    PayMode: "total",
    PoolValue: "1.00",
    Currency: "CNY",
    AllocationStatus: "unallocated",
    StartTime: written(plan.startsAt),
    EndTime: written(plan.endsAt),
    StartTimestamp: plan.startsAt,
    EndTimestamp: plan.endsAt,
    Tags: [],
  }));
  return {
    Data: { Items, PageNum: paging.PageNumber, PageSize: paging.PageSize, TotalCount: found.length },
  };
}

/** Discounts for money promised: reserved instances of ECS, and savings plans of the billing service. */
export const commitments: AliyunActions = {
  "ecs:DescribeReservedInstances": read(
    "RegionId! ReservedInstanceId[100] InstanceType InstanceTypeFamily Scope ZoneId Status[10] AllocationType OfferingType PageNumber:n PageSize:n",
    describeReserved,
  ),
  "bss:QuerySavingsPlansInstance": read(
    "InstanceId Status StartTime EndTime Locale CommodityCode PageNum:n PageSize:n",
    querySavingsPlans,
  ),
};
