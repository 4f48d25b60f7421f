import { describe, expect, it, onTestFinished } from "vitest";
import { tencentClients } from "../../../providers/tencent/clients.js";
import { cloudCodeOf, translate } from "../../../providers/tencent/errors.js";
import { startHttp } from "../aws/http.js";

const request = { service: "cvm", action: "TerminateInstances", parameters: {} };

/** An error as the SDK throws it: a class that it does not export, its name "Error". */
function refused(code: string, message = "不行") {
  return Object.assign(new Error(message), { code, requestId: "req-1", traceId: "trace-1" });
}

const meanings = {
  RequestLimitExceeded: "throttled",
  "RequestLimitExceeded.UinLimitExceeded": "throttled",
  "UnauthorizedOperation.CamNoAuth": "access-denied",
  "AuthFailure.UnauthorizedOperation": "access-denied",
  "UnauthorizedOperation.MFAExpired": "access-denied",
  "AuthFailure.SignatureExpire": "authentication",
  "AuthFailure.SecretIdNotFound": "authentication",
  "InvalidInstanceId.NotFound": "not-found",
  "InvalidInstanceId.Malformed": "invalid-request",
  "InvalidDiskId.NotFound": "not-found",
  "InvalidParameter.LBIdNotFound": "not-found",
  "ResourceNotFound.InstancesNotInAutoScalingGroup": "not-found",
  "UnsupportedOperation.InstancesProtected": "protected",
  "UnsupportedOperation.InvalidInstanceNotSupportedProtectedInstance": "dependency",
  "UnsupportedOperation.InstanceMixedPricingModel": "invalid-request",
  "OperationDenied.InstanceOperationInProgress": "wrong-state",
  "UnsupportedOperation.InstanceStateEnterRescueMode": "wrong-state",
  "UnsupportedOperation.InstanceStateFreezing": "locked",
  "UnsupportedOperation.LockedResources": "locked",
  "InvalidParameterValue.MemberApprovalApplicationStarted": "access-denied",
  "UnsupportedOperation.RedHatInstanceTerminateUnsupported": "unsupported",
  "UnsupportedOperation.SpecialInstanceType": "unsupported",
  "FailedOperation.InvalidInstanceApplicationRoleEmr": "owned",
  "FailedOperation.Unreturnable": "prepaid",
  "InvalidAccount.UnpaidOrder": "prepaid",
  "LimitExceeded.UserReturnQuota": "quota",
  InsufficientSnapshotQuota: "quota",
  "ResourceInsufficient.AutoScalingGroupBelowMinSize": "dependency",
  "UnsupportedOperation.VersionMismatch": "conflict",
  "OperationDenied.AddressDeletionProtectionEnabled": "protected",
  ResourceInUse: "dependency",
  "InternalError.TradeUnknownError": "service",
  "InvalidInstanceState.Terminating": "wrong-state",
  "UnsupportedOperation.InvalidState": "wrong-state",
  "ResourceInUse.DiskMigrating": "wrong-state",
  "ResourceUnavailable.Expire": "wrong-state",
  "ResourceUnavailable.DiskSnapshotChainTooLarge": "quota",
  "UnsupportedOperation.InstanceAssociateHavip": "dependency",
  "OperationDenied.AccessDenied": "access-denied",
} as const;

describe("errors of Tencent Cloud", () => {
  for (const [code, meaning] of Object.entries(meanings)) {
    it(`reads ${code} as ${meaning}, by its code alone`, () => {
      expect(translate(refused(code), request).problem).toMatchObject({
        code: meaning,
        cloudCode: code,
        requestId: "req-1",
        cloud: "tencent",
      });
    });
  }

  it("names the policy where the quota of returns is used up", () => {
    expect(translate(refused("LimitExceeded.UserReturnQuota"), request).problem.hint).toContain("213/9711");
  });

  it("takes a code nobody mapped for unexpected, never for a guess", () => {
    const { problem, executed } = translate(refused("BrandNew.Trouble"), request);
    expect(problem.code).toBe("unexpected");
    expect(problem.hint).not.toBe("");
    expect(executed).toBe("no");
  });

  it("does not repeat what the cloud said, which may be Chinese or anything", () => {
    const { problem } = translate(refused("InvalidParameter", "AKIDsecret"), request);
    expect(JSON.stringify(problem)).not.toContain("AKIDsecret");
  });

  it("leaves an empty request id out", () => {
    expect(translate({ ...refused("InvalidParameter"), requestId: "" }, request).problem.requestId).toBeUndefined();
  });

  it("takes no code of Node's for a word of the cloud", () => {
    expect(cloudCodeOf(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }))).toBeUndefined();
    expect(cloudCodeOf(Object.assign(new Error("closed"), { code: "ERR_STREAM_PREMATURE_CLOSE" }))).toBeUndefined();
    expect(cloudCodeOf(refused(""))).toBeUndefined();
  });

  it("does not know whether a request was carried out that broke off, or that the cloud had trouble with", () => {
    expect(translate(new Error("request failed, reason: socket hang up"), request)).toMatchObject({
      problem: { code: "network" },
      executed: "maybe",
    });
    expect(translate(refused("InternalError"), request).executed).toBe("maybe");
  });
});

describe("what the official SDK throws", () => {
  async function thrown(status: number, body: string, type = "application/json") {
    const server = await startHttp((_, response) => {
      response.writeHead(status, { "content-type": type }).end(body);
    });
    onTestFinished(() => server.close());
    const credentials = { secretId: "AKIDHOME", secretKey: "never checked" };
    const clients = tencentClients({ region: "ap-guangzhou", endpoint: server.url, credentials }, 5_000);
    const error: unknown = await clients.send(request, AbortSignal.timeout(5_000)).catch((raised: unknown) => raised);
    return clients.translate(error, request);
  }

  it.each([
    [
      "an error, which is an HTTP 200",
      200,
      '{"Response":{"Error":{"Code":"ResourceInUse"},"RequestId":"r"}}',
      "dependency",
    ],
    ["an HTTP error", 502, "<html></html>", "service"],
    ["a web page", 200, "<html></html>", "service"],
    ["an answer without its envelope", 200, "{}", "service"],
  ] as const)("for %s is understood", async (_, status, body, code) => {
    expect((await thrown(status, body)).problem.code).toBe(code);
  });

  it("for a body that breaks off comes at once, not when time is up", async () => {
    const server = await startHttp((_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write('{"Response":', () => response.destroy());
    });
    onTestFinished(() => server.close());
    const credentials = { secretId: "AKIDHOME", secretKey: "never checked" };
    const clients = tencentClients({ region: "ap-guangzhou", endpoint: server.url, credentials }, 60_000);
    const signal = AbortSignal.timeout(5_000);
    const error: unknown = await clients.send(request, signal).catch((raised: unknown) => raised);
    expect(signal.aborted).toBe(false);
    expect(clients.translate(error, request)).toMatchObject({ problem: { code: "network" }, executed: "maybe" });
  });

  it("S09 hands on when the cloud answered, which the SDK drops", async () => {
    const server = await startHttp((_, response) => {
      response.writeHead(200, { date: "Mon, 23 Nov 2026 20:00:00 GMT" }).end('{"Response":{"RequestId":"r"}}');
    });
    onTestFinished(() => server.close());
    const credentials = { secretId: "AKIDHOME", secretKey: "never checked" };
    const clients = tencentClients({ region: "ap-guangzhou", endpoint: server.url, credentials }, 5_000);
    expect(await clients.send(request, AbortSignal.timeout(5_000))).toMatchObject({
      requestId: "r",
      date: "Mon, 23 Nov 2026 20:00:00 GMT",
    });
  });
});
