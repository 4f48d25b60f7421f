import { describe, expect, it, onTestFinished } from "vitest";
import { aliyunCalls } from "../../../providers/aliyun/call.js";
import { cloudCodeOf, translate } from "../../../providers/aliyun/errors.js";
import { fakeAliyun } from "../../../providers/aliyun/fake/index.js";
import { DecommissionError } from "../../../src/errors.js";
import { serveOnLoopback } from "../../../src/testing/http-loopback.js";

const request = { service: "ecs", action: "DeleteInstances", parameters: {} };

/** An error as the SDK throws it for an answer of the cloud. */
function answered(code: string, statusCode = 400, message = "no") {
  return Object.assign(new Error(`${code}: code: ${statusCode}, ${message} request id: R-1`), {
    name: statusCode < 500 ? "ClientError" : "ServerError",
    code,
    statusCode,
    requestId: "R-1",
    accessDeniedDetail: { AuthPrincipalDisplayName: "secret-name" },
  });
}

/** A call whose every read is answered with this, through the official SDK. */
async function callAgainst(answer: () => Promise<Response>) {
  const fake = fakeAliyun();
  const server = await serveOnLoopback((incoming) =>
    incoming.headers.get("x-acs-action") === "GetCallerIdentity" ? fake.fetch(incoming) : answer(),
  );
  onTestFinished(() => server.close());
  const open = aliyunCalls({
    region: "cn-hangzhou",
    endpoint: server.url,
    credentials: { accessKeyId: "LTAI-reader", accessKeySecret: "not-a-secret" },
    clock: fake.clock,
    timeouts: { totalMs: 1_000 },
  });
  return await open("reads");
}

const json = (status: number, body: object) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

describe("errors of Alibaba Cloud", () => {
  const meanings = {
    Throttling: "throttled",
    "Throttling.User": "throttled",
    "Rejected.Throttling": "throttled",
    "Forbidden.RAM": "access-denied",
    NoPermission: "access-denied",
    "Forbidden.Unauthorized": "access-denied",
    "InvalidAccessKeyId.NotFound": "authentication",
    "InvalidSecurityToken.Expired": "authentication",
    "InvalidInstanceId.NotFound": "not-found",
    "InvalidRegionId.NotFound": "invalid-request",
    "InvalidZoneId.NotFound": "invalid-request",
    "InvalidInstanceId.Malformed": "invalid-request",
    "InvalidOperation.DeletionProtection": "protected",
    ChargeTypeViolation: "prepaid",
    "QuotaExceed.RufundVcpu": "prepaid",
    LastTokenProcessing: "wrong-state",
    IncorrectInstanceStatus: "wrong-state",
    "DependencyViolation.RouteEntry": "dependency",
    InstanceLockedForSecurity: "locked",
    "QuotaExceed.Snapshot": "quota",
    InternalError: "service",
  } as const;
  for (const [code, meaning] of Object.entries(meanings)) {
    it(`reads ${code} as ${meaning}, and keeps the cloud's own word`, () => {
      expect(translate(answered(code), request).problem).toMatchObject({
        code: meaning,
        cloudCode: code,
        requestId: "R-1",
        cloud: "aliyun",
      });
    });
  }

  it("takes a code nobody mapped for unexpected, whatever family its ending looks like", () => {
    const { problem, executed } = translate(answered("InvalidSomething.NotFound"), request);
    expect(problem.code).toBe("unexpected");
    expect(problem.hint).not.toBe("");
    expect(executed).toBe("no");
  });

  it("does not know whether a request was carried out that a server error answered, whatever its code", () => {
    expect(translate(answered("SomethingNew", 503), request).executed).toBe("maybe");
    expect(translate(answered("ServiceUnavailable", 503), request).executed).toBe("maybe");
    expect(translate(answered("Throttling", 503), request).executed).toBe("no");
  });

  it("takes no name of Node's for a code of the cloud", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    expect(cloudCodeOf(refused)).toBeUndefined();
    expect(translate(refused, request)).toMatchObject({ problem: { code: "network" }, executed: "no" });
    const reset = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    expect(translate(reset, request)).toMatchObject({ problem: { code: "network" }, executed: "maybe" });
  });

  it("never believes that a connection timed out before the request was taken: a stalled server looks the same", () => {
    const stalled = Object.assign(new Error("ConnectTimeout: Connect http://… failed."), {
      name: "RequestTimeoutError",
    });
    expect(translate(stalled, request)).toMatchObject({ problem: { code: "timeout" }, executed: "maybe" });
  });

  it("takes nothing of the cloud's own text, which can hold anything", () => {
    const told = JSON.stringify(translate(answered("Forbidden.RAM", 403, "user secret-name may not"), request));
    expect(told).not.toContain("secret-name");
  });

  it("hands on what is translated already", () => {
    const problem = { code: "aborted", message: "stopped", hint: "again" } as const;
    expect(translate(new DecommissionError(problem), request).problem).toEqual(problem);
  });
});

describe("answers that are not the cloud's, through the SDK", () => {
  it.each([
    ["an HTML page", () => new Response("<html>502</html>", { status: 502, headers: { "content-type": "text/html" } })],
    ["an empty body", () => new Response("", { status: 200 })],
    ["half an answer", () => new Response('{"Instances":{"Inst', { status: 200 })],
    ["an answer without its list", () => json(200, { RequestId: "R", TotalCount: 0 })],
    ["a list that is null", () => json(200, { RequestId: "R", Instances: { Instance: null } })],
  ] as const)("S01 %s is trouble of the service, never an empty list", async (_, answer) => {
    const call = await callAgainst(async () => answer());
    await expect(call.pages("ecs", "DescribeInstances")).rejects.toMatchObject({ problem: { code: "service" } });
  });

  it("a refusal of the billing service with status 200 is a refusal", async () => {
    const call = await callAgainst(async () => json(200, { Success: false, Code: "ResourceNotExists", Message: "no" }));
    await expect(call.read("bss", "InquiryPriceRefundInstance", {})).rejects.toMatchObject({
      problem: { code: "not-found", cloudCode: "ResourceNotExists" },
    });
  });

  it("a token that comes twice ends the listing loudly", async () => {
    const call = await callAgainst(async () => json(200, { NextToken: "same", Instances: { Instance: [] } }));
    await expect(call.pages("ecs", "DescribeInstances")).rejects.toMatchObject({ problem: { code: "service" } });
  });

  it("a total that changes from page to page makes the listing start again", async () => {
    let requests = 0;
    const address = (id: number) => ({ AllocationId: `eip-${id}` });
    const call = await callAgainst(async () => {
      requests += 1;
      // The first reading sees one go between two pages; the second one is quiet.
      const total = requests === 1 ? 101 : 100;
      const from = requests === 2 ? 99 : requests === 4 ? 100 : 0;
      const count = requests === 1 || requests === 3 ? 100 : 0;
      const EipAddress = Array.from({ length: count }, (_, index) => address(from + index));
      return json(200, { TotalCount: total, EipAddresses: { EipAddress } });
    });
    expect(await call.pages("vpc", "DescribeEipAddresses")).toHaveLength(100);
    expect(requests).toBe(4);
  });
});
