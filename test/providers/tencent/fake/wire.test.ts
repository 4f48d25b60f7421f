import { http } from "msw";
import { setupServer } from "msw/node";
import { cvm as cvmService } from "tencentcloud-sdk-nodejs/tencentcloud/services/cvm/index.js";
import { describe, expect, it } from "vitest";
import { fakeTencent } from "../../../../providers/tencent/fake/index.js";
import { codeOf, endpointOf, openFake } from "./open.js";

/** A TC3 request as the SDK sends it, past the SDK. */
function post(url: string, action: string, body: unknown, over: Readonly<Record<string, string>> = {}) {
  const headers = {
    "x-tc-action": action,
    "x-tc-version": "2017-03-12",
    "x-tc-region": "ap-guangzhou",
    "x-tc-language": "en-US",
    authorization: "TC3-HMAC-SHA256 Credential=AKIDHOME/2026-01-02/127/tc3_request, SignedHeaders=host, Signature=0",
    "content-type": "application/json",
    ...over,
  };
  return new Request(url, { method: "POST", headers, body: JSON.stringify(body) });
}

const host = "https://cvm.tencentcloudapi.com/";

async function answerOf(response: Response): Promise<unknown> {
  return JSON.parse(await response.text());
}

describe("the wire", () => {
  it("answers every refusal with HTTP 200 and an Error in Response", async () => {
    const cloud = fakeTencent();
    const response = await cloud.fetch(post(host, "StopInstances", { InstanceIds: "hello" }));
    expect(response.status).toBe(200);
    expect(await answerOf(response)).toMatchObject({
      Response: { Error: { Code: "InvalidParameter" }, RequestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });

  it("speaks Chinese to whoever does not ask for English", async () => {
    const cloud = fakeTencent();
    const ask = (over = {}) => cloud.fetch(post(host, "StopInstances", { InstanceIds: "hello" }, over));
    expect(await (await ask()).text()).not.toMatch(/\p{Script=Han}/u);
    expect(await (await ask({ "x-tc-language": "zh-CN" })).text()).toMatch(/\p{Script=Han}/u);
  });

  it("gives the SDK an error with a code and a request id", async () => {
    const { cvm } = await openFake();
    const error: unknown = await cvm.StopInstances({ InstanceIds: ["hello"] }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "InvalidInstanceId.Malformed", requestId: expect.stringMatching(/./) });
  });

  it("refuses what a table does not know, lacks, or has in another type or word", async () => {
    const { call, cloud } = await openFake();
    cloud.seed([{ id: "web" }]);
    const InstanceIds = [cloud.id("web")];
    const terminate = (parameters: object) => codeOf(call("cvm:TerminateInstances", parameters));
    expect(await terminate({ InstanceIds, DryRun: true })).toBe("UnknownParameter");
    expect(await terminate({ instanceIds: InstanceIds })).toBe("UnknownParameter");
    expect(await terminate({})).toBe("MissingParameter");
    expect(await terminate({ InstanceIds: [] })).toBe("MissingParameter");
    expect(await terminate({ InstanceIds, ReleaseAddress: "true" })).toBe("InvalidParameter");
    expect(await codeOf(call("cvm:StopInstances", { InstanceIds, StopType: "SOFTLY" }))).toBe("InvalidParameterValue");
    expect(cloud.holds("web")).toBe(true);
  });

  it("names the nearest action it knows, and refuses another version", async () => {
    const { call } = await openFake();
    const error: unknown = await call("cvm:TerminateInstance").catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "InvalidAction", message: expect.stringContaining("cvm:TerminateInstances") });
    const cloud = fakeTencent();
    const response = await cloud.fetch(post(host, "DescribeInstances", {}, { "x-tc-version": "2018-01-01" }));
    expect(await response.text()).toContain("NoSuchVersion");
  });

  it("finds the service by host, by path, or by the action and its version", async () => {
    const { cloud, server, call, config } = await openFake();
    cloud.seed([{ id: "web" }]);
    await call("tke:DescribeExistedInstances");
    const one = config("cvm").profile.httpProfile;
    const plain = { ...one, endpoint: server.url.replace("http://", "") };
    const profile = { language: "en-US" as const, httpProfile: plain };
    await call("cvm:DescribeInstances", {}, { profile });
    await call("cbs:DescribeDisks", {}, { profile });
    await cloud.fetch(
      post(
        "https://redis.ap-guangzhou.tencentcloudapi.com/",
        "DescribeInstances",
        {},
        { "x-tc-version": "2018-04-12" },
      ),
    );
    expect(cloud.requests.map(({ api }) => api)).toEqual([
      "tke:DescribeExistedInstances",
      "cvm:DescribeInstances",
      "cbs:DescribeDisks",
      "redis:DescribeInstances",
    ]);
    expect(endpointOf(server.endpoint, "cvm")).toMatch(/^127\.0\.0\.1:\d+\/cvm$/);
  });

  it("knows accounts by their secret id, and shows another account or region nothing", async () => {
    const { cloud, call } = await openFake({ accounts: { AKIDHOME: "100000000001", AKIDOTHER: "100000000002" } });
    cloud.seed([{ id: "web" }]);
    const as = (secretId: string) => ({ credential: { secretId, secretKey: "x" } });
    expect(await call("sts:GetCallerIdentity")).toMatchObject({ AccountId: "100000000001" });
    expect(await call("sts:GetCallerIdentity", {}, as("AKIDOTHER"))).toMatchObject({ AccountId: "100000000002" });
    expect(await call("cvm:DescribeInstances")).toMatchObject({ TotalCount: 1 });
    expect(await call("cvm:DescribeInstances", {}, as("AKIDOTHER"))).toMatchObject({ TotalCount: 0, InstanceSet: [] });
    expect(await call("cvm:DescribeInstances", {}, { region: "ap-shanghai" })).toMatchObject({ TotalCount: 0 });
    expect(await codeOf(call("cvm:DescribeInstances", {}, as("AKIDNOBODY")))).toBe("AuthFailure.SecretIdNotFound");
  });

  it("refuses a region that is missing or not offered, but not where regions mean nothing", async () => {
    const { call } = await openFake({ regions: ["ap-guangzhou"] });
    expect(await codeOf(call("cvm:DescribeInstances", {}, { region: "eu-frankfurt" }))).toBe("UnsupportedRegion");
    expect(await codeOf(call("cvm:DescribeInstances", {}, { region: "" }))).toBe("MissingParameter");
    await call("sts:GetCallerIdentity", {}, { region: "eu-frankfurt" });
  });

  it("denies, throttles and fails in the cloud's own words", async () => {
    const { cloud, cvm } = await openFake();
    const ask = () => codeOf(cvm.DescribeInstances({}));
    cloud.faults.add({ fault: "deny", times: 1 });
    expect(await ask()).toBe("AuthFailure.UnauthorizedOperation");
    cloud.faults.add({ fault: "throttle", times: 1 });
    expect(await ask()).toBe("RequestLimitExceeded");
    cloud.faults.add({ fault: "server-error", times: 1 });
    expect(await ask()).toBe("InternalError");
    cloud.faults.add({ fault: "error", cloudCode: "UnauthorizedOperation.MFAExpired", times: 1 });
    expect(await ask()).toBe("UnauthorizedOperation.MFAExpired");
    cloud.faults.add({ fault: "error", cloudCode: "unused", httpStatus: 502, times: 1 });
    expect(await cvm.DescribeInstances({}).catch((error: unknown) => error)).toMatchObject({ httpCode: 502 });
  });

  it("loses the answer of a request that took effect, with no code for the caller", async () => {
    const { cloud, cvm } = await openFake();
    cloud.seed([{ id: "paid", billing: "prepaid" }]);
    cloud.faults.add({ fault: "drop-after", times: 1 });
    const error: unknown = await cvm
      .TerminateInstances({ InstanceIds: [cloud.id("paid")] })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toHaveProperty("code", expect.anything());
    expect(cloud.view().instances).toMatchObject([{ state: "recycled" }]);
  });

  it("serves the official SDK under msw at its own hosts", async () => {
    const cloud = fakeTencent();
    cloud.seed([{ id: "web" }]);
    const server = setupServer(...cloud.handlers(http.all));
    server.listen({ onUnhandledRequest: "error" });
    try {
      const credential = { secretId: "AKIDHOME", secretKey: "x" };
      const client = new cvmService.v20170312.Client({ credential, region: "ap-guangzhou" });
      expect(await client.DescribeInstances({})).toMatchObject({ InstanceSet: [{ InstanceId: cloud.id("web") }] });
    } finally {
      server.close();
    }
  });
});
