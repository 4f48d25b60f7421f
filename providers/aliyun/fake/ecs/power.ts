import type { JsonObject } from "../../../../src/common.js";
import { CloudRefusal, refusal } from "../../../../src/testing/fake-refusal.js";
import { write } from "../action.js";
import { disksOf, isLocal } from "../disks.js";
import { launch, stop } from "../lifecycle.js";
import { checkForm } from "../lists.js";
import type { AliyunActions, AliyunRequestContext, Instance } from "../state.js";
import { flag, text, texts } from "../wire/read.js";
import { existingInstance, namedInstance } from "./instances.js";
import { busyRefusal, demand, isExpired, securityLocked, wrongStatus } from "./refusals.js";

type Check = (context: AliyunRequestContext, instance: Instance) => CloudRefusal | undefined;
type Act = (context: AliyunRequestContext, id: string) => void;

const unpaid = ["financial", "dedicatedhostfinancial"];

const whyNotStopped: Check = (context, instance) => {
  const { input, now, state } = context;
  const { id, locks, status, chargeType } = instance;
  if (locks.includes("security")) return securityLocked();
  if (locks.some((lock) => unpaid.includes(lock)) || isExpired(instance, now))
    return refusal(
      "InstanceExpiredOrInArrears",
      "The specified operation is denied as your prepay instance is expired (prepay mode) or in arrears (afterpay mode).",
      403,
    );
  if (status !== "Running" || instance.releasing) return wrongStatus();
  if (text(input, "StoppedMode") === "StopCharging") {
    const unfit = chargeType === "PrePaid" ? "Pre pay" : disksOf(state, id).some(isLocal) ? "Local disk" : undefined;
    if (unfit)
      return refusal("InvalidInstanceId.NotSupport", `${unfit} instance does not support this operation.`, 403);
  }
  return busyRefusal(instance, now);
};

const whyNotStarted: Check = ({ now }, instance) => {
  const { locks, status } = instance;
  if (locks.includes("security")) return securityLocked();
  if (locks.some((lock) => unpaid.includes(lock)) || isExpired(instance, now))
    return refusal(
      "InstanceExpired",
      "The postPaid instance has been expired. Please ensure your account have enough balance.",
      403,
    );
  if (status !== "Stopped" || instance.releasing || locks.includes("refunded")) return wrongStatus();
  return busyRefusal(instance, now);
};

const stopOne: Act = (context, id) => {
  const mode = text(context.input, "StoppedMode") === "StopCharging" ? "StopCharging" : "KeepCharging";
  stop(context, id, { force: flag(context.input, "ForceStop") ?? false, mode });
  context.effect(id);
};

const startOne: Act = (context, id) => {
  launch(context, id, "Starting");
  context.effect(id);
};

function single(check: Check, act: Act) {
  return (context: AliyunRequestContext): undefined => {
    checkWords(context);
    const instance = namedInstance(context);
    demand(check(context, instance));
    act(context, instance.id);
  };
}

/**
 * `AllTogether` (the default): one failure and nothing happens. `SuccessFirst`: each for itself, with a code for each
 * in an answer that is a success as a whole (StopInstancesRequest, BatchOptimization).
 */
function batch(check: Check, act: Act) {
  return (context: AliyunRequestContext): JsonObject => {
    checkWords(context);
    const { input, state } = context;
    const ids = [...new Set(texts(input, "InstanceId"))];
    for (const id of ids) checkForm("instance", id, "InvalidInstanceId.Malformed");
    const successFirst = text(input, "BatchOptimization") === "SuccessFirst";
    if (!successFirst) for (const id of ids) demand(check(context, existingInstance(state, id)));
    return { InstanceResponses: { InstanceResponse: ids.map((id) => answerOf(context, id, check, act)) } };
  };
}

function answerOf(context: AliyunRequestContext, id: string, check: Check, act: Act): JsonObject {
  const { instances } = context.state;
  const before = instances.get(id)?.status ?? "";
  try {
    demand(check(context, existingInstance(context.state, id)));
    act(context, id);
  } catch (error) {
    if (!(error instanceof CloudRefusal)) throw error;
    const { cloudCode, message } = error;
    return { InstanceId: id, Code: cloudCode, Message: message, PreviousStatus: before, CurrentStatus: before };
  }
  const after = instances.get(id)?.status ?? "";
  return { InstanceId: id, Code: "200", Message: "success", PreviousStatus: before, CurrentStatus: after };
}

const words: Readonly<Record<string, readonly string[]>> = {
  StoppedMode: ["KeepCharging", "StopCharging"],
  BatchOptimization: ["AllTogether", "SuccessFirst"],
};

function checkWords({ input }: AliyunRequestContext): void {
  for (const [name, known] of Object.entries(words)) {
    const sent = text(input, name);
    if (sent !== undefined && !known.includes(sent))
      throw refusal("InvalidParameter", `The specified parameter "${name}" is not valid.`);
  }
}

const batchDryRun = { dryRun: { code: "DRYRUN.SUCCESS" } } as const;

/** Power of instances. */
export const power: AliyunActions = {
  "ecs:StopInstance": write(
    "InstanceId! ForceStop:b StoppedMode ConfirmStop:b DryRun:b",
    single(whyNotStopped, stopOne),
  ),
  "ecs:StopInstances": write(
    "RegionId! InstanceId[100]! ForceStop:b StoppedMode BatchOptimization DryRun:b",
    batch(whyNotStopped, stopOne),
    batchDryRun,
  ),
  "ecs:StartInstance": write("InstanceId! DryRun:b", single(whyNotStarted, startOne)),
  "ecs:StartInstances": write(
    "RegionId! InstanceId[100]! BatchOptimization DryRun:b",
    batch(whyNotStarted, startOne),
    batchDryRun,
  ),
};
