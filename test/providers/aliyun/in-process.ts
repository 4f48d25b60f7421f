import type { AliyunSdkClient } from "../../../providers/aliyun/options.js";
import { services } from "../../../providers/aliyun/services.js";
import type { FakeCloud } from "../../../src/testing/world.js";

/** What the adapter hands to an SDK's generic call, as far as it goes over the wire. */
interface GenericParameters {
  readonly action?: string;
  readonly version?: string;
  readonly method?: string;
  readonly pathname?: string;
}
interface GenericRequest {
  readonly query?: Readonly<Record<string, string>>;
}

/** Ready clients that speak to a fake without any socket, so that hundreds of worlds cost little more than one. */
export function inProcessClients(
  fake: Pick<FakeCloud, "fetch">,
  accessKeyId: string,
): Readonly<Record<string, AliyunSdkClient>> {
  const client: AliyunSdkClient = {
    callApi: (parameters: GenericParameters, request: GenericRequest) =>
      sendInProcess(fake, accessKeyId, parameters, request),
  };
  return Object.fromEntries(Object.keys(services).map((service) => [service, client]));
}

/** Sends one generic request past every socket. Answers what the SDK would; a refusal is thrown as the SDK throws it. */
export async function sendInProcess(
  fake: Pick<FakeCloud, "fetch">,
  accessKeyId: string,
  { action = "", version = "", method = "POST", pathname = "/" }: GenericParameters,
  { query = {} }: GenericRequest,
) {
  const signed = {
    "x-acs-action": action,
    "x-acs-version": version,
    "x-acs-date": "2026-01-02T03:04:05Z",
    "x-acs-signature-nonce": "0",
    "x-acs-content-sha256": "0",
    authorization: `ACS3-HMAC-SHA256 Credential=${accessKeyId},SignedHeaders=host,Signature=00`,
  };
  const url = `https://fake.example${pathname}?${new URLSearchParams(query)}`;
  const response = await answerOf(fake, new Request(url, { method, headers: signed }));
  const text = await response.text();
  const body: { readonly Code?: string; readonly code?: string; readonly RequestId?: string } = JSON.parse(text);
  if (response.ok) return { body, headers: Object.fromEntries(response.headers), statusCode: response.status };
  throw Object.assign(new Error(`${action} was refused`), {
    name: "ClientError",
    code: body.Code ?? body.code,
    statusCode: response.status,
    requestId: body.RequestId,
  });
}

/** A dropped connection looks as Node's own sockets make it look. */
async function answerOf(fake: Pick<FakeCloud, "fetch">, request: Request): Promise<Response> {
  try {
    return await fake.fetch(request);
  } catch (cause) {
    throw Object.assign(new Error("socket hang up", { cause }), { code: "ECONNRESET" });
  }
}
