import { flatten } from "../../../providers/aliyun/flatten.js";
import { services } from "../../../providers/aliyun/services.js";
import { Wire } from "../../../src/wire.js";
import { sendInProcess } from "./in-process.js";
import type { AliyunWorld } from "./world.js";

/** Sends a request as another tool of the same account would: `ecs:CreateSnapshot`. Answers its body. */
export async function otherTool(
  world: AliyunWorld,
  api: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<Wire> {
  const [service = "", action = ""] = api.split(":");
  const query = flatten({ RegionId: world.adapter.region, ...parameters });
  const version = services[service]?.version;
  if (version === undefined) throw new Error(`no service ${service}`);
  const { body } = await sendInProcess(world.fake, world.accessKeyId, { action, version }, { query });
  return new Wire(body, action);
}
