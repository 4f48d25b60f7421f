import { sameScope } from "../../src/common.js";
import { invalidRequest, type Problem } from "../../src/errors.js";
import { type InstanceTarget, isRecord } from "../../src/instances.js";
import type { RecoverableRef, RecoverOptions, RecoverOutcome } from "../../src/reversal.js";
import type { OpenAliyunCall } from "./call.js";
import { instanceIdForm } from "./instances.js";

/** Answers `unsupported`: ECS has no bin, neither for instances nor for disks, snapshots, images or addresses. */
export async function recover(
  open: OpenAliyunCall,
  items: readonly (InstanceTarget | RecoverableRef)[],
  options: RecoverOptions = {},
): Promise<readonly RecoverOutcome[]> {
  for (const item of items) checkItem(item);
  if (items.length === 0) return [];
  const { scope } = await open("reads", options);
  return items.map((item) => {
    const elsewhere = typeof item !== "string" && !sameScope(item, scope);
    return { item, status: "blocked", problem: elsewhere ? foreign(item) : noBin };
  });
}

function checkItem(item: InstanceTarget | RecoverableRef): void {
  const id = typeof item === "string" ? item : item.id;
  const isInstance = typeof item === "string" || isRecord(item) || item.kind === "instance";
  if (typeof id === "string" && id !== "" && (!isInstance || instanceIdForm.test(id))) return;
  throw invalidRequest(`${JSON.stringify(id)} is no id of what could be recovered.`, "Pass an id or what was seen.");
}

const noBin: Problem = {
  code: "unsupported",
  message: "Alibaba Cloud ECS has no recycle bin: what was released cannot come back.",
  hint: "Launch a new instance from its snapshots. An expired subscription can be renewed until it is released.",
  cloud: "aliyun",
};

function foreign({ id, accountId, region }: Exclude<InstanceTarget | RecoverableRef, string>): Problem {
  const message = `${id} belongs to ${accountId} in ${region}.`;
  const hint = "Use the credentials and region it belongs to.";
  return { code: "wrong-account", message, hint, cloud: "aliyun" };
}
