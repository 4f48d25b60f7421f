import type { JsonObject, JsonValue } from "../../../src/common.js";
import type { FakeRequest } from "../../../src/testing/fake-definition.js";
import { CloudRefusal, refusal } from "../../../src/testing/fake-refusal.js";
import { type QueryService, queryServices } from "./services.js";
import type { AwsRoute } from "./state.js";
import { readQuery } from "./wire/query.js";

/** What `Authorization` says of a signed request. */
export interface Signature {
  readonly accessKey: string;
  readonly region: string;
  readonly service: string;
}

/** Reads a request of any service: which one it is, the signature says. */
export function route(request: FakeRequest): AwsRoute {
  const signature = readSignature(request);
  const form = new URLSearchParams(request.method === "GET" ? request.url.search : request.body);
  const service = queryServices.find(
    ({ signedAs, version }) => signedAs === signature.service && version === form.get("Version"),
  );
  if (!service)
    throw refusal("InvalidAction", `The fake knows no service ${signature.service} ${form.get("Version") ?? ""}`);
  return queryRoute(service, signature, form);
}

/** Nobody can sign wrongly here, but everybody has to sign. */
function readSignature({ headers }: FakeRequest): Signature {
  const scope = headers.get("authorization")?.match(/Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/);
  if (!scope) throw refusal("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
  const [, accessKey = "", region = "", service = ""] = scope;
  return { accessKey, region, service };
}

function queryRoute(service: QueryService, signature: Signature, form: URLSearchParams): AwsRoute {
  const action = form.get("Action") ?? "";
  const { parameters, problem } = readParameters(service, action, form);
  return {
    service: service.name,
    action,
    parameters,
    instanceIds: instanceIdsIn(parameters),
    accessKey: signature.accessKey,
    region: signature.region,
    protocol: service.protocol,
    namespace: service.namespace,
    ...(problem ? { problem } : {}),
  };
}

/** Bad parameters are refused only when the request is answered, so that the log shows it. */
function readParameters(
  { shapes, shapeErrors }: QueryService,
  action: string,
  form: URLSearchParams,
): { readonly parameters: JsonObject; readonly problem?: CloudRefusal } {
  const shape = shapes.get(action);
  const raw = Object.fromEntries([...form].filter(([name]) => name !== "Action" && name !== "Version"));
  if (!shape) return { parameters: raw };
  try {
    return { parameters: readQuery(form, shape, shapeErrors) };
  } catch (error) {
    if (error instanceof CloudRefusal) return { parameters: raw, problem: error };
    throw error;
  }
}

/** Parameters that hold ids of instances, whatever the service. */
const idParameters = /^(InstanceIds?|ResourceId|Resource|Id)$/;
const instanceId = /^i-[0-9a-f]{8,17}$/;

/** The instances a request is about: what its parameters and its filters on ids name. Tags do not count. */
export function instanceIdsIn(parameters: JsonObject): readonly string[] {
  const found: string[] = [];
  const visit = (name: string, value: JsonValue | undefined): void => {
    if (Array.isArray(value)) for (const item of value) visit(name, item);
    else if (typeof value === "string" && idParameters.test(name) && instanceId.test(value)) found.push(value);
    else if (typeof value === "object" && value !== null && name !== "TagSpecification")
      visitObject(value as JsonObject);
  };
  const visitObject = (object: JsonObject): void => {
    const isIdFilter = typeof object.Name === "string" && /(instance|resource)-id$/.test(object.Name);
    for (const [name, value] of Object.entries(object)) visit(isIdFilter && name === "Value" ? "Id" : name, value);
  };
  visitObject(parameters);
  return found;
}
