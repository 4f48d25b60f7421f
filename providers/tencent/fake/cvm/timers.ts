import { flag, record, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { terminate } from "../lifecycle.js";
import type { ActionTimer } from "../records.js";
import { cvm } from "../service.js";
import { change, type TencentActions, type TencentContext } from "../state.js";
import { fromBeijing, utc } from "../times.js";
import { timings } from "../timings.js";
import { instancesFor } from "./guard.js";

/** The time at which a pay-as-you-go instance destroys itself: the only grace period it has in this API. */
export const timerActions: TencentActions = {
  "cvm:ImportInstancesActionTimer": cvm.write(
    "InstanceIds[100]! ActionTimer{TimerAction=TerminateInstances ActionTime Externals{ReleaseAddress:b " +
      "UnsupportNetworks[] StorageBlockAttr{Type MinSize:n MaxSize:n}} ActionTimerId Status InstanceId}!",
    (context) => {
      const timer = record(context.parameters, "ActionTimer");
      if (text(timer, "TimerAction") === undefined) throw refusal("InvalidParameter", "The timer names no action.");
      const at = timeOf(text(timer, "ActionTime") ?? "");
      if (at <= context.now + timings.timerLeadMs)
        throw refusal("InvalidParameter", "The time of a timer must be more than five minutes ahead.");
      const instances = instancesFor(context, { onlyAsks: true });
      for (const { id, chargeType, isProtected } of instances) {
        if (chargeType === "PREPAID" || isProtected)
          throw refusal(
            "UnsupportedOperation.NotSupportImportInstancesActionTimer",
            `No timer can be set for the instance \`${id}\`.`,
          );
        if ([...context.state.timers.values()].some((other) => other.instanceId === id && other.status === "UNDO"))
          throw refusal("FailedOperation.MutActionTimerExist", `The instance \`${id}\` has a timer already.`);
      }
      const releaseAddress = flag(record(timer, "Externals"), "ReleaseAddress") ?? false;
      const ActionTimerIds = instances.map(({ id }) => {
        context.effect(id);
        return addTimer(context, id, at, releaseAddress).id;
      });
      return { ActionTimerIds };
    },
  ),
  "cvm:DescribeInstancesActionTimer": cvm.read(
    "ActionTimerIds[100] InstanceIds[100] TimerAction=TerminateInstances EndActionTime StartActionTime StatusList[]=UNDO|DOING|DONE",
    ({ state, parameters }) => {
      const ids = texts(parameters, "ActionTimerIds");
      const instanceIds = texts(parameters, "InstanceIds");
      const statuses = texts(parameters, "StatusList");
      const start = text(parameters, "StartActionTime");
      const end = text(parameters, "EndActionTime");
      const timers = [...state.timers.values()].filter(
        (timer) =>
          (ids.length === 0 || ids.includes(timer.id)) &&
          (instanceIds.length === 0 || instanceIds.includes(timer.instanceId)) &&
          (statuses.length === 0 || statuses.includes(timer.status)) &&
          (start === undefined || timer.at >= fromBeijing(start)) &&
          (end === undefined || timer.at <= fromBeijing(end)),
      );
      return { ActionTimers: timers.map(timerItem) };
    },
  ),
  "cvm:DeleteInstancesActionTimer": cvm.write("ActionTimerIds[100]!", ({ state, parameters, effect }) => {
    const timers = texts(parameters, "ActionTimerIds").map((id) => state.timers.get(id));
    for (const timer of timers)
      if (timer?.status !== "UNDO") throw refusal("InvalidParameterValue", "Only a timer in wait can be deleted.");
    for (const timer of timers) {
      if (!timer) continue;
      effect(timer.instanceId);
      state.timers.delete(timer.id);
    }
    return {};
  }),
};

/** Sets a timer. It destroys what it finds, without a bin; what is gone or protected by then it leaves. */
export function addTimer(context: TencentContext, instanceId: string, at: number, releaseAddress = false): ActionTimer {
  const { state, ids, clock } = context;
  const timer: ActionTimer = { id: ids.assign("timer"), instanceId, at, status: "UNDO", releaseAddress };
  state.timers.set(timer.id, timer);
  clock.at(at, () => {
    const instance = state.instances.get(instanceId);
    if (state.timers.get(timer.id)?.status !== "UNDO" || !instance) return;
    change(state.timers, timer.id, { status: "DONE" });
    terminate(context, instance);
  });
  return timer;
}

/** "ActionTime": ISO 8601 in UTC, `2018-05-29T11:26:40Z`. */
function timeOf(text: string): number {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text))
    throw refusal(
      "InvalidParameterValue.InvalidTimeFormat",
      `The time \`${text}\` is not of the form 2018-05-29T11:26:40Z.`,
    );
  return Date.parse(text);
}

function timerItem({ id, instanceId, at, status, releaseAddress }: ActionTimer) {
  return {
    TimerAction: "TerminateInstances",
    ActionTime: utc(at),
    Externals: releaseAddress ? { ReleaseAddress: true } : {},
    ActionTimerId: id,
    Status: status,
    InstanceId: instanceId,
  };
}
