import { services } from "../../../providers/huawei/fake/route.js";
import type { HuaweiSdkClient } from "../../../providers/huawei/options.js";
import type { FakeCloud } from "../../../src/testing/world.js";

/** What the adapter hands to the generic client, as far as it goes over the wire. */
interface GenericRequest {
  readonly method: string;
  readonly url: string;
  readonly pathParams: Readonly<Record<string, unknown>>;
  readonly queryParams: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
  readonly axiosRequestConfig: {
    readonly transformResponse: readonly ((text: string, headers: object, status: number) => unknown)[];
  };
}

/** Who calls, and where. */
interface Caller {
  readonly ak: string;
  readonly projectId: string;
}

/** Ready clients that speak to a fake without any socket, so that hundreds of worlds cost little more than one. */
export function inProcessClients(
  fake: Pick<FakeCloud, "fetch">,
  caller: Caller,
): Readonly<Record<string, HuaweiSdkClient>> {
  return Object.fromEntries(
    services.map((service) => [
      service,
      { sendRequest: (request: GenericRequest) => sendInProcess(fake, caller, service, request) },
    ]),
  );
}

/** Sends one generic request past every socket. Answers what the SDK would; a refusal is thrown as the SDK throws it. */
async function sendInProcess(
  fake: Pick<FakeCloud, "fetch">,
  { ak, projectId }: Caller,
  service: string,
  request: GenericRequest,
) {
  const { method, data, axiosRequestConfig } = request;
  const authorization = `SDK-HMAC-SHA256 Access=${ak}, SignedHeaders=host, Signature=${"0".repeat(64)}`;
  const response = await answerOf(
    fake,
    new Request(urlOf(service, projectId, request), {
      method,
      headers: { authorization, "content-type": "application/json" },
      ...(data === undefined ? {} : { body: JSON.stringify(data) }),
    }),
  );
  const headers = Object.fromEntries(response.headers);
  const [read] = axiosRequestConfig.transformResponse;
  const body = read?.(await response.text(), headers, response.status);
  if (response.ok) return typeof body === "object" ? body : {};
  throw Object.assign(new Error(`${method} ${request.url} was refused`), {
    httpStatusCode: response.status,
    requestId: headers["x-request-id"],
    ...errorOf(body),
  });
}

/** The project is filled in by the SDK, from the credentials. */
function urlOf(service: string, projectId: string, { url, pathParams, queryParams }: GenericRequest): string {
  const values: Readonly<Record<string, unknown>> = { project_id: projectId, ...pathParams };
  const path = url.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(queryParams))
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  return `http://fake.example/${service}${path}?${query}`;
}

/** The SDK looks for a code in `error` and at the top. */
function errorOf(body: unknown): { readonly errorCode?: unknown } {
  if (typeof body !== "object" || body === null) return {};
  const inner: unknown = Reflect.get(body, "error");
  const holder = typeof inner === "object" && inner !== null ? inner : body;
  const errorCode: unknown = Reflect.get(holder, "code") ?? Reflect.get(holder, "error_code");
  return errorCode === undefined ? {} : { errorCode };
}

/** A dropped connection looks as Node's own sockets make it look. */
async function answerOf(fake: Pick<FakeCloud, "fetch">, request: Request): Promise<Response> {
  try {
    return await fake.fetch(request);
  } catch (cause) {
    throw Object.assign(new Error("socket hang up", { cause }), { code: "ECONNRESET" });
  }
}
