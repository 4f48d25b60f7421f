import { createHash } from "node:crypto";
import type { JsonObject } from "../../../src/common.js";
import type { FakeRequest } from "../../../src/testing/fake-definition.js";
import { isRecord } from "../../../src/testing/fake-json.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import type { HuaweiRoute } from "./state.js";

/** Services by the first label of their host. Elastic addresses answer under `vpc`; billing has a host for each site. */
export const services = [
  "as",
  "bss",
  "bss-intl",
  "cbr",
  "cce",
  "ces",
  "deh",
  "dns",
  "ecs",
  "eip",
  "elb",
  "evs",
  "gaussdb",
  "iam",
  "ims",
  "kms",
  "nat",
  "rds",
  "sfs-turbo",
  "sts",
  "tms",
  "vpc",
] as const;

/** Other names of a service's host. */
const aliases: Readonly<Record<string, string>> = { eip: "vpc", "bss-intl": "bss" };

/** Hosts of the API: `ecs.cn-north-4.myhuaweicloud.com`, or a global one without a region. */
export const hosts = /\.myhuaweicloud\.(com|eu)$/;

/** Who calls, and where requests without a project or region in them go. */
export interface Home {
  readonly region: string;
  readonly project: string;
  /** The region a project is of, for a key's account. */
  regionOf(project: string): string | undefined;
}

/** A request template: `ecs:GET /v1/{project_id}/cloudservers/detail`, ready to be matched. */
interface Template {
  readonly service: string;
  readonly action: string;
  readonly method: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

/** Reads requests by the templates of a table of actions. */
export function router(apis: readonly string[], home: Home) {
  // Those with fewer blanks first: `/cloudservers/detail` is no server called "detail".
  const templates = apis.map(templateOf).sort((one, other) => one.names.length - other.names.length);
  return ({ method, url, headers, body }: FakeRequest): HuaweiRoute => {
    const { named, region, path } = addressOf(url);
    const service = aliases[named] ?? named;
    const template = templates.find(
      (one) => one.service === service && one.method === method && one.pattern.test(path),
    );
    const values = template?.pattern.exec(path)?.slice(1).map(decodeURIComponent) ?? [];
    const parts = Object.fromEntries((template?.names ?? []).map((name, index) => [name, values[index] ?? ""]));
    const project = parts.project_id ?? headers.get("x-project-id") ?? undefined;
    checkProject(parts.project_id, headers.get("x-project-id"));
    const accessKey = accessKeyOf(headers);
    const sent = bodyOf(body);
    return {
      service,
      action: template?.action ?? `${method} ${path}`,
      parameters: { path: parts, query: queryOf(url.searchParams), body: sent },
      instanceIds: [],
      path: parts,
      query: url.searchParams,
      body: sent,
      site: named === "bss-intl" ? "international" : "china",
      ...(accessKey === undefined ? {} : { accessKey }),
      region: (project === undefined ? undefined : home.regionOf(project)) ?? region ?? home.region,
      project: project ?? home.project,
    };
  };
}

function templateOf(api: string): Template {
  const colon = api.indexOf(":");
  const action = api.slice(colon + 1);
  const [method = "", path = ""] = action.split(" ");
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
  const source = path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "([^/]+)");
  return { service: api.slice(0, colon), action, method, names, pattern: new RegExp(`^${source}$`) };
}

/** The service is the first label of the host or, on loopback, the first part of the path: paths alone collide. */
function addressOf(url: URL): { readonly named: string; readonly region?: string; readonly path: string } {
  if (hosts.test(url.hostname)) {
    const [named = "", region = ""] = url.hostname.split(".");
    return { named, path: url.pathname, ...(region === "myhuaweicloud" ? {} : { region }) };
  }
  const [, named = "", ...rest] = url.pathname.split("/");
  if (!services.some((known) => known === named))
    throw refusal("APIGW.0101", `No service ${named}: the endpoint is this server's address and /<service>.`, 404);
  return { named, path: `/${rest.join("/")}` };
}

function checkProject(inPath: string | undefined, inHeader: string | null): void {
  if (inPath !== undefined && inHeader !== null && inPath !== inHeader)
    throw refusal("APIGW.0301", "Incorrect IAM authentication information: project id mismatch", 401);
}

/** Signed with an access key, as every SDK does, or with a token, which stands for its owner here. */
function accessKeyOf(headers: Headers): string | undefined {
  const signed = /^SDK-HMAC-SHA256 Access=([^,]+), SignedHeaders=[^,]+, Signature=[0-9a-f]{64}$/;
  return signed.exec(headers.get("authorization") ?? "")?.[1] ?? headers.get("x-auth-token") ?? undefined;
}

function queryOf(query: URLSearchParams): JsonObject {
  const names = [...new Set(query.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const values = query.getAll(name);
      return [name, values.length === 1 ? (values[0] ?? "") : values];
    }),
  );
}

function bodyOf(body: string): JsonObject {
  if (body === "") return {};
  try {
    const parsed: unknown = JSON.parse(body);
    if (isRecord(parsed)) return parsed;
  } catch {
    // Said below.
  }
  throw refusal("APIGW.0106", "The body of the request is no JSON object.", 400);
}

/** The project of a region that is not the home of the fake: the same each time. */
export function projectOf(accountId: string, region: string): string {
  return createHash("sha256").update(`${accountId}/${region}`).digest("hex").slice(0, 32);
}
