import type { JsonObject, JsonValue } from "../../../src/common.js";
import type { FakeRequest } from "../../../src/testing/fake-definition.js";
import { CloudRefusal, refusal } from "../../../src/testing/fake-refusal.js";
import type { HttpBinding, Service, ServiceOperation } from "./services/service.js";
import { services } from "./services.js";
import type { AwsRoute } from "./state.js";
import { readQuery } from "./wire/query.js";
import { isObject } from "./wire/read.js";
import { checkShape, type Shape } from "./wire/shape.js";

/** What `Authorization` says of a signed request. */
interface Signature {
  readonly accessKey: string;
  readonly region: string;
  readonly service: string;
}
/** The parameters as sent, before they are held against the operation's shape. */
type Reader = (operation: ServiceOperation) => JsonObject;

/** Reads a request of any service: the signature says which one, the protocol where its action and parameters are. */
export function route(request: FakeRequest): AwsRoute {
  const signature = readSignature(request);
  const form = new URLSearchParams(request.method === "GET" ? request.url.search : request.body);
  const service = services.find(
    ({ signedAs, version }) =>
      signedAs === signature.service && (version === undefined || version === form.get("Version")),
  );
  if (!service)
    throw refusal("InvalidAction", `The fake knows no service ${signature.service} ${form.get("Version") ?? ""}`);
  const { action, raw, read } = readers[service.protocol](service, request, form);
  const operation = service.operations.get(action);
  const { parameters, problem } = operation ? attempt(() => read(operation), raw) : { parameters: raw };
  return {
    service: service.name,
    action,
    parameters,
    instanceIds: instanceIdsIn(parameters),
    accessKey: signature.accessKey,
    protocol: service.protocol,
    // A global service has its things in one place, whatever Region signed for it.
    ...(service.global ? {} : { region: signature.region }),
    ...(service.namespace === undefined ? {} : { namespace: service.namespace }),
    ...(problem ? { problem } : {}),
  };
}

/** Nobody can sign wrongly here, but everybody has to sign. */
function readSignature({ headers }: FakeRequest): Signature {
  const scope = headers.get("authorization")?.match(/Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/);
  if (!scope) throw refusal("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
  const [, accessKey = "", region = "", service = ""] = scope;
  return { accessKey, region, service };
}

/** Bad parameters are refused only when the request is answered, so that the log shows it. */
function attempt(read: () => JsonObject, raw: JsonObject): { parameters: JsonObject; problem?: CloudRefusal } {
  try {
    return { parameters: read() };
  } catch (error) {
    if (error instanceof CloudRefusal) return { parameters: raw, problem: error };
    throw error;
  }
}

interface Readable {
  readonly action: string;
  readonly raw: JsonObject;
  readonly read: Reader;
}

function readForm({ shapeErrors }: Service, _request: FakeRequest, form: URLSearchParams): Readable {
  return {
    action: form.get("Action") ?? "",
    raw: Object.fromEntries([...form].filter(([name]) => name !== "Action" && name !== "Version")),
    read: ({ shape }) => readQuery(form, shape, shapeErrors),
  };
}

function readJson({ target, shapeErrors }: Service, { headers, body }: FakeRequest): Readable {
  const [prefix, action = ""] = (headers.get("x-amz-target") ?? "").split(".");
  const raw = parseBody(body);
  return {
    action: prefix === target ? action : `${prefix}.${action}`,
    raw,
    read: ({ shape }) => ({ ...asObject(checkShape(shape, raw, shapeErrors)) }),
  };
}

function readRest(service: Service, request: FakeRequest): Readable {
  const found = [...service.operations].find(([, { http }]) => http && matches(http, request));
  const raw = {
    ...(request.method === "GET" ? {} : parseBody(request.body)),
    ...Object.fromEntries(request.url.searchParams),
  };
  if (!found) return { action: `${request.method} ${request.url.pathname}`, raw, read: () => raw };
  return { action: found[0], raw, read: (operation) => readBound(service, operation, request) };
}

const readers: Readonly<
  Record<AwsRoute["protocol"], (service: Service, request: FakeRequest, form: URLSearchParams) => Readable>
> = {
  ec2: readForm,
  query: readForm,
  json: readJson,
  "rest-json": readRest,
  "rest-xml": readRest,
};

function matches({ method, path }: HttpBinding, request: FakeRequest): boolean {
  return method === request.method && path.test(request.url.pathname);
}

/** Parameters from the path, the query string and the body of a REST request. */
function readBound(service: Service, { shape, http }: ServiceOperation, request: FakeRequest): JsonObject {
  if (!http) return {};
  const values = request.url.pathname.match(http.path)?.slice(1) ?? [];
  const inPath = http.inPath.map((name, index) => [name, decodeURIComponent(values[index] ?? "")] as const);
  const inQuery = [...new Set(request.url.searchParams.keys())].map((wire) => {
    const name = http.inQuery.get(wire);
    // `x-id` is the SDK's own note of the operation.
    if (name === undefined && wire === "x-id") return [];
    if (name === undefined) throw service.shapeErrors.unknown(wire);
    return [[name, typed(shape.fields.get(name)?.shape, request.url.searchParams.getAll(wire))] as const];
  });
  const body = request.method === "GET" ? {} : parseBody(request.body);
  return asObject(
    checkShape(
      shape,
      { ...body, ...Object.fromEntries(inPath), ...Object.fromEntries(inQuery.flat()) },
      service.shapeErrors,
    ),
  );
}

/** Text of a query string as what the shape says. What does not fit stays text, and is refused by the check. */
function typed(shape: Shape | undefined, texts: readonly string[]): JsonValue {
  const [first = ""] = texts;
  if (shape?.kind === "list") return texts;
  if (shape?.kind === "number" && /^-?\d+$/.test(first)) return Number(first);
  if (shape?.kind === "flag" && /^(true|false)$/.test(first)) return first === "true";
  return first;
}

function parseBody(body: string): JsonObject {
  if (body === "") return {};
  try {
    const value: JsonValue = JSON.parse(body);
    return asObject(value);
  } catch {
    throw refusal("SerializationException", "The body is no JSON.");
  }
}

function asObject(value: JsonValue): JsonObject {
  return isObject(value) ? value : {};
}

/** Parameters that hold ids of instances, whatever the service. */
const idParameters = /^(InstanceIds?|ResourceId|Resource|Id|PhysicalResourceId)$/;
const instanceId = /^i-[0-9a-f]{8,17}$/;

/** The instances a request is about: what its parameters and its filters on ids name. Tags do not count. */
export function instanceIdsIn(parameters: JsonObject): readonly string[] {
  const found: string[] = [];
  const visit = (name: string, value: JsonValue | undefined): void => {
    if (Array.isArray(value)) for (const item of value) visit(name, item);
    else if (typeof value === "string" && idParameters.test(name) && instanceId.test(value)) found.push(value);
    else if (isObject(value)) visitObject(value);
  };
  const visitObject = (object: JsonObject): void => {
    const isIdFilter = typeof object.Name === "string" && /(instance|resource)-id$/.test(object.Name);
    for (const [name, value] of Object.entries(object)) visit(isIdFilter && name === "Value" ? "Id" : name, value);
  };
  visitObject(parameters);
  return found;
}
