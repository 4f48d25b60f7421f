import { describe, expect, it } from "vitest";
import { huaweiClients } from "../../../providers/huawei/clients.js";
import { translate } from "../../../providers/huawei/errors.js";
import type { ApiAnswer, TranslatedError } from "../../../src/transport.js";
import { startHttp } from "./http.js";

const request = { service: "ecs", action: "POST /v1/{project_id}/cloudservers/delete", parameters: {} };
const credentials = { ak: "HPUANEVERSHOWN", sk: "never-shown-sk", securityToken: "never-shown-token" };

/** An error as the SDK throws it for an answer of the cloud. */
function answered(errorCode: string | undefined, httpStatusCode = 400) {
  const rest = {
    httpStatusCode,
    requestId: "req-1",
    errorMsg: "no",
    ...(errorCode === undefined ? {} : { errorCode }),
  };
  return Object.assign(new Error("no"), rest);
}

/** What an answer of that status and body becomes on its way through the SDK. */
async function throughSdk(
  status: number,
  body: string,
  service = "ecs",
): Promise<Partial<TranslatedError> & { readonly answer?: ApiAnswer }> {
  const endpoint = await startHttp(() => ({ status, body, headers: { "x-request-id": "req-2" } }));
  const clients = huaweiClients({ region: "cn-north-4", projectId: "b".repeat(32), endpoint, credentials }, 5_000);
  const asked = { ...request, service, parameters: { path: {}, body: {} } };
  try {
    return { answer: await clients.send(asked, AbortSignal.timeout(5_000)) };
  } catch (error) {
    return translate(error, asked);
  }
}

describe("errors of Huawei Cloud", () => {
  const meanings = {
    "APIGW.0308": "throttled",
    "APIG.0308": "throttled",
    "APIGW.0301": "authentication",
    "APIGW.0302": "access-denied",
    "APIGW.0101": "unsupported",
    "Ecs.0003": "access-denied",
    "Ecs.0005": "invalid-request",
    "Ecs.0100": "wrong-state",
    "Ecs.0114": "not-found",
    "Ecs.0614": "not-found",
    "Ecs.0501": "service",
    "Ecs.0605": "locked",
    "EVS.2409": "wrong-state",
    "EVS.5404": "not-found",
    "VPC.0516": "dependency",
    "VPC.0603": "not-found",
    "VPC.0012": "not-found",
    "VPC.0607": "wrong-state",
    "BackupService.0001": "wrong-state",
    SecurityGroupInUse: "dependency",
    "CBC.0150": "wrong-account",
    "CBC.0151": "access-denied",
    "CBC.3144": "wrong-state",
    "CBC.99003100": "prepaid",
    "CBC.99003643": "prepaid",
    "CBC.99003656": "locked",
  } as const;
  for (const [code, meaning] of Object.entries(meanings)) {
    it(`reads ${code} as ${meaning}, and keeps the cloud's own word`, () => {
      const { problem } = translate(answered(code), request);
      expect(problem).toMatchObject({ code: meaning, cloudCode: code, requestId: "req-1", cloud: "huawei" });
    });
  }

  it("judges by code before status: an EIP in use by a load balancer is no passing trouble although it is a 500", () => {
    expect(translate(answered("VPC.0516", 500), request).problem.code).toBe("dependency");
  });

  it("takes a code nobody mapped for unexpected, never for a guess", () => {
    const { problem, executed } = translate(answered("Ecs.9999"), request);
    expect([problem.code, executed]).toEqual(["unexpected", "no"]);
  });

  it("takes no name of JavaScript's own for a code of the cloud", () => {
    expect(translate(answered("constructor"), request).problem.code).toBe("unexpected");
  });

  it.each([undefined, "Xyz.0404"])("does not take a bare 404 for something that is gone (code %s)", (code) => {
    expect(translate(answered(code, 404), request).problem.code).toBe("unexpected");
  });

  it.each([
    [401, "authentication", "no"],
    [403, "access-denied", "no"],
    [429, "throttled", "no"],
    [502, "service", "maybe"],
  ] as const)("reads a status of %i without a code as %s", (status, code, executed) => {
    const told = translate(answered(undefined, status), request);
    expect([told.problem.code, told.executed]).toEqual([code, executed]);
  });

  it.each([
    ['{"error":{"code":"Ecs.0605","message":"locked"}}', "Ecs.0605"],
    ['{"error_code":"APIGW.0308","error_msg":"limit:5,time:1 minute"}', "APIGW.0308"],
    ['{"code":"VPC.0603","message":"gone"}', "VPC.0603"],
    ['{"NeutronError":{"type":"SecurityGroupInUse","message":"in use","detail":""}}', "SecurityGroupInUse"],
    ['{"itemNotFound":{"code":404,"message":"gone"}}', "itemNotFound"],
    ['{"badrequest":{"code":"EVS.5400","message":"state"}}', "EVS.5400"],
    ['{"request_id":"r","conflictingRequest":{"code":409,"message":"busy"}}', "conflictingRequest"],
  ])("keeps the code of the envelope %s through the SDK", async (body, cloudCode) => {
    const { problem } = await throughSdk(400, body);
    expect(problem).toMatchObject({ cloudCode, requestId: "req-2" });
  });

  it("takes a page of a gateway for trouble of the cloud, whose end is not known", async () => {
    const { problem, executed } = await throughSdk(502, "<html>Bad gateway</html>");
    expect([problem?.code, executed]).toEqual(["service", "maybe"]);
  });

  it.each(["<html>Welcome to our proxy</html>", '{"job_id":"ff80'])(
    "never takes a success that is no JSON for one: %s",
    async (body) => {
      const { problem, executed } = await throughSdk(200, body);
      expect([problem?.code, executed]).toEqual(["network", "maybe"]);
    },
  );

  it("reads a refusal of billing that comes with status 200", async () => {
    const { problem, executed } = await throughSdk(
      200,
      '{"error_code":"CBC.99003185","error_msg":"as a whole"}',
      "bss",
    );
    expect([problem?.code, problem?.cloudCode, executed]).toEqual(["prepaid", "CBC.99003185", "no"]);
    expect(await throughSdk(200, '{"error_code":"CBC.0000","error_msg":"Success."}', "bss")).toHaveProperty("answer");
  });

  it("leaves a failed job a success: its error is the job's, not the request's", async () => {
    const { answer } = await throughSdk(200, '{"job_id":"j","status":"FAIL","error_code":"Ecs.0501"}');
    expect(answer?.body).toMatchObject({ status: "FAIL", error_code: "Ecs.0501" });
  });

  it("S09 keeps the cloud's time of a refusal, which the SDK's exceptions lose", async () => {
    const told = await throughSdk(401, '{"error_code":"APIGW.0301","error_msg":"clock"}');
    expect(Date.parse(told.date ?? "")).not.toBeNaN();
  });

  it.each([
    ["connect ECONNREFUSED 127.0.0.1:1", "network", "no"],
    ["getaddrinfo ENOTFOUND ecs.nowhere", "network", "no"],
    ["socket hang up", "network", "maybe"],
    ["timeout of 15000ms exceeded", "timeout", "maybe"],
    ["stream has been aborted", "network", "maybe"],
  ] as const)("reads %s as %s, perhaps executed: %s", (message, code, executed) => {
    const told = translate(new Error(message), request);
    expect([told.problem.code, told.executed]).toEqual([code, executed]);
  });

  it("puts nothing of a request into a problem", async () => {
    const told = await throughSdk(400, `{"error":{"code":"Ecs.0005","message":"Authorization ${credentials.sk}"}}`);
    for (const secret of Object.values(credentials)) expect(JSON.stringify(told.problem)).not.toContain(secret);
    expect(JSON.stringify(told.problem)).not.toMatch(/authorization/i);
  });
});
