import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { WorldSeed } from "../../../../src/testing/seed.js";
import { at, openFake, type Parameters, textAt } from "./open.js";

const folder = join(
  dirname(createRequire(import.meta.url).resolve("@huaweicloud/huaweicloud-sdk-ecs/package.json")),
  "v2/model",
);

/** Names on the wire that a model of the official SDK knows: those it sets by text, and those that need no other name. */
function fieldsOf(model: string): ReadonlySet<string> {
  const code = readFileSync(join(folder, `${model}.js`), "utf8");
  const types = readFileSync(join(folder, `${model}.d.ts`), "utf8");
  const set = [...code.matchAll(/this\['([^']+)'\]/g)].map(([, name]) => name ?? "");
  const plain = [...types.matchAll(/^ {4}(?:private )?'?([\w:.-]+)'?\?:/gm)].map(([, name]) => name ?? "");
  return new Set([...set, ...plain]);
}

interface Case {
  readonly model: string;
  readonly api: string;
  readonly path: string;
  readonly parameters?: Parameters;
  readonly seed?: WorldSeed;
}

const details = "ecs:GET /v1/{project_id}/cloudservers/detail";
const one = "/v1/{project_id}/cloudservers/{server_id}";
const fields = [
  "volumes_attached",
  "market_info",
  "metadata",
  "tags",
  "locked",
  "addresses",
  "security_groups",
  "image",
];
const prepaid = { instances: [{ id: "web", billing: "prepaid" }] } as const;

const cases: readonly Case[] = [
  { model: "ServerDetail", api: details, path: "servers.0" },
  { model: "ServerExtendVolumeAttachment", api: details, path: "servers.0.os-extended-volumes:volumes_attached.0" },
  {
    model: "CloudServer",
    api: "ecs:GET /v1.1/{project_id}/cloudservers/detail",
    parameters: { query: { "expect-fields": fields } },
    path: "servers.0",
  },
  {
    model: "VolumeAttach",
    api: "ecs:GET /v1.1/{project_id}/cloudservers/detail",
    parameters: { query: { "expect-fields": fields } },
    path: "servers.0.volumes_attached.0",
  },
  {
    model: "MarketModel",
    api: "ecs:GET /v1.1/{project_id}/cloudservers/detail",
    parameters: { query: { "expect-fields": fields } },
    seed: prepaid,
    path: "servers.0.market_info",
  },
  { model: "ServerBlockDevice", api: `ecs:GET ${one}/block_device`, path: "volumeAttachments.0" },
  {
    model: "ServerBlockDevice",
    api: `ecs:GET ${one}/os-volume_attachments`,
    path: "volumeAttachments.0",
  },
  { model: "InterfaceAttachment", api: `ecs:GET ${one}/os-interface`, path: "interfaceAttachments.0" },
  { model: "ShowRecycleBinResponse", api: "ecs:GET /v1/{project_id}/recycle-bin", path: "" },
  { model: "RecycleBinPolicys", api: "ecs:GET /v1/{project_id}/recycle-bin", path: "policy" },
  {
    model: "ListServerGroupsResult",
    api: "ecs:GET /v1/{project_id}/cloudservers/os-server-groups",
    seed: { instances: [{ id: "web" }], owners: [{ kind: "placement", id: "spread", members: ["web"] }] },
    path: "server_groups.0",
  },
  {
    model: "LaunchTemplate",
    api: "ecs:GET /v3/{project_id}/launch-templates",
    seed: { instances: [{ id: "web" }], securityGroups: [{ id: "app", foreignUsers: ["template"] }] },
    path: "launch_templates.0",
  },
  {
    model: "TemplateVersion",
    api: "ecs:GET /v3/{project_id}/launch-template-versions",
    seed: { instances: [{ id: "web" }], securityGroups: [{ id: "app", foreignUsers: ["template"] }] },
    path: "launch_template_versions.0",
  },
  {
    model: "TemplateData",
    api: "ecs:GET /v3/{project_id}/launch-template-versions",
    seed: { instances: [{ id: "web" }], securityGroups: [{ id: "app", foreignUsers: ["template"] }] },
    path: "launch_template_versions.0.template_data",
  },
  { model: "Flavor", api: "ecs:GET /v1/{project_id}/cloudservers/flavors", path: "flavors.0" },
];

describe("what the fake says of a server", () => {
  it.each(cases)("has no field that the official SDK does not know: $model", async (one) => {
    const { cloud, call } = await openFake();
    cloud.seed(one.seed ?? { instances: [{ id: "web" }] });
    const own = one.api.includes("{server_id}") ? { path: { server_id: cloud.id("web") } } : {};
    const answer = await call(one.api, one.parameters ?? own);
    const item = one.path === "" ? answer : at(answer, one.path);
    expect(item).toBeTypeOf("object");
    const known = new Set([...fieldsOf(one.model), "httpStatusCode"]);
    expect(Object.keys(Object(item)).filter((name) => !known.has(name))).toEqual([]);
  });

  it("has no such field in a job and its parts either", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }]);
    const body = { "os-stop": { servers: [{ id: cloud.id("web") }] } };
    const job_id = textAt(await call("ecs:POST /v1/{project_id}/cloudservers/action", { body }), "job_id");
    const job = await call("ecs:GET /v1/{project_id}/jobs/{job_id}", { path: { job_id } });
    const unknown = (model: string, item: unknown) =>
      Object.keys(Object(item)).filter((name) => name !== "httpStatusCode" && !fieldsOf(model).has(name));
    expect(unknown("ShowJobResponse", job)).toEqual([]);
    expect(unknown("JobEntities", at(job, "entities"))).toEqual([]);
    expect(unknown("SubJob", at(job, "entities.sub_jobs.0"))).toEqual([]);
    expect(unknown("SubJobEntities", at(job, "entities.sub_jobs.0.entities"))).toEqual([]);
  });
});
