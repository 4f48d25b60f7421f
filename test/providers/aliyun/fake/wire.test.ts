import { DeleteInstancesRequest, DescribeInstancesRequest } from "@alicloud/ecs20140526";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { describe, expect, it } from "vitest";
import { fakeAliyun } from "../../../../providers/aliyun/fake/index.js";
import { at, codeOf, each, errorOf, listAt, openFake, repeat, textAt } from "./open.js";

const fleet = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `web-${index}` }));

describe("the wire", () => {
  it("speaks to the typed client of the ECS SDK", async () => {
    const { cloud, ecs } = await openFake();
    cloud.seed([{ id: "web", tags: { team: "shop" } }]);
    const request = new DescribeInstancesRequest({
      regionId: "cn-hangzhou",
      instanceIds: JSON.stringify([cloud.id("web")]),
    });
    const { body, statusCode } = await ecs.describeInstances(request);
    expect(statusCode).toBe(200);
    const [instance] = body?.instances?.instance ?? [];
    expect(instance?.instanceId).toBe(cloud.id("web"));
    expect(instance?.tags?.tag?.[0]).toMatchObject({ tagKey: "team", tagValue: "shop" });
  });

  it("reads the three ways to write a list, and no other for the same parameter", async () => {
    const { cloud, call, inRegion } = await openFake();
    cloud.seed(fleet(2));
    const ids = [cloud.id("web-0"), cloud.id("web-1")];
    const json = await inRegion("ecs", "DescribeInstances", { InstanceIds: JSON.stringify(ids) });
    expect(listAt(json, "Instances.Instance")).toHaveLength(2);
    const flat = await inRegion("ecs", "DescribeInstanceStatus", repeat("InstanceId", ids));
    expect(listAt(flat, "InstanceStatuses.InstanceStatus")).toHaveLength(2);
    const comma = await call("bss", "QueryAvailableInstances", { InstanceIDs: ids.join(",") });
    expect(listAt(comma, "Data.InstanceList")).toHaveLength(2);
    expect(await codeOf(inRegion("ecs", "DescribeInstances", repeat("InstanceIds", ids)))).toBe(
      "InvalidInstanceIds.Malformed",
    );
    expect(await codeOf(inRegion("ecs", "DescribeInstances", { InstanceIds: ids.join(",") }))).toBe(
      "InvalidInstanceIds.Malformed",
    );
    expect(await codeOf(inRegion("ecs", "DescribeInstanceStatus", { InstanceId: ids[0] ?? "" }))).toBe(
      "InvalidParameter",
    );
  });

  it("takes action and version from the query as well, as SDKs of other languages send them", async () => {
    const { cloud, server } = await openFake();
    cloud.seed(fleet(1));
    const query = {
      Action: "DescribeInstances",
      Version: "2014-05-26",
      Format: "JSON",
      AccessKeyId: "LTAI-home",
      Signature: "c2lnbmF0dXJl",
      SignatureMethod: "HMAC-SHA1",
      SignatureVersion: "1.0",
      SignatureNonce: "1",
      Timestamp: "2026-01-02T03:04:05Z",
      RegionId: "cn-hangzhou",
    };
    const ask = async (over: Record<string, string>) => {
      const response = await fetch(`${server.url}/?${new URLSearchParams({ ...query, ...over })}`);
      const answer: unknown = await response.json();
      return answer;
    };
    expect(listAt(await ask({}), "Instances.Instance")).toHaveLength(1);
    expect(cloud.requests.at(-1)).toMatchObject({
      api: "ecs:DescribeInstances",
      parameters: { RegionId: "cn-hangzhou" },
    });
    expect(textAt(await ask({ SignatureNonce: "" }), "Code")).toBe("MissingSignatureNonce");
    expect(textAt(await ask({ Format: "XML" }), "Code")).toBe("InvalidParameter.Format");
  });

  it("knows a service by its version, so that no path is needed, and refuses one", async () => {
    const { server, call } = await openFake();
    expect(new Set(Object.values(server.endpoint))).toEqual(new Set([server.url]));
    expect(textAt(await call("sts", "GetCallerIdentity"), "AccountId")).toBe("1234567890123456");
    const response = await fetch(`${server.url}/ecs`, {
      method: "POST",
      headers: { "x-acs-action": "DescribeRegions" },
    });
    expect(response.status).toBe(404);
  });

  it("answers errors in the one envelope of every service", async () => {
    const { server } = await openFake();
    const response = await fetch(`${server.url}/?Action=DescribeInstances&Version=2014-05-26&RegionId=cn-hangzhou`);
    const error: unknown = await response.json();
    expect(response.status).toBe(400);
    expect(error).toEqual({
      RequestId: expect.stringMatching(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/),
      HostId: "ecs-cn-hangzhou.aliyuncs.com",
      Code: "MissingAccessKeyId",
      Message: "AccessKeyId is mandatory for this action.",
      Recommend: expect.stringContaining("https://api.aliyun.com/troubleshoot?q=MissingAccessKeyId"),
    });
  });

  it("refuses unknown keys, actions, versions and regions, each in its own words", async () => {
    const { call, inRegion } = await openFake({
      accounts: { "LTAI-home": "1", "LTAI-other": "2" },
      regions: ["cn-beijing"],
    });
    expect(await errorOf(call("sts", "GetCallerIdentity", {}, "LTAI-nobody"))).toEqual({
      code: "InvalidAccessKeyId.NotFound",
      status: 404,
    });
    await expect(inRegion("ecs", "DescribeInstanses")).rejects.toThrow("ecs:DescribeInstances");
    expect(await errorOf(inRegion("ecs", "DescribeInstanses"))).toEqual({
      code: "InvalidAction.NotFound",
      status: 404,
    });
    expect(await errorOf(call("ecs", "DescribeInstances", { RegionId: "cn-shanghai" }))).toEqual({
      code: "InvalidRegionId.NotFound",
      status: 404,
    });
    await call("ecs", "DescribeInstances", { RegionId: "cn-beijing" });
  });

  it("refuses parameters that it does not know, misses or cannot read", async () => {
    const { call, inRegion } = await openFake();
    expect(await codeOf(call("ecs", "DescribeInstances"))).toBe("MissingParameter.RegionId");
    expect(await codeOf(call("slb", "DescribeLoadBalancerAttribute"))).toBe("MissingLoadBalancerId");
    await expect(inRegion("ecs", "DescribeDisks", { InstanceIds: "[]" })).rejects.toThrow("InstanceIds");
    expect(await codeOf(inRegion("ecs", "DescribeDisks", { InstanceIds: "[]" }))).toBe("UnsupportedParameter");
    expect(await codeOf(inRegion("ecs", "DescribeDisks", { MaxResults: "many" }))).toBe("InvalidParameter");
    expect(await codeOf(inRegion("ecs", "DescribeDisks", { Portable: "yes" }))).toBe("InvalidParameter");
    const many = Array.from({ length: 101 }, (_, index) => `i-bp1${String(index).padStart(17, "0")}`);
    expect(await codeOf(inRegion("ecs", "DeleteInstances", repeat("InstanceId", many)))).toBe("InvalidParameter");
    const disks = JSON.stringify(many.map((id) => id.replace("i-", "d-")));
    expect(await errorOf(inRegion("ecs", "DescribeDisks", { DiskIds: disks }))).toEqual({
      code: "InvalidDiskIds.Malformed",
      status: 403,
    });
  });

  it("keeps accounts and regions apart", async () => {
    const { cloud, call } = await openFake({ accounts: { "LTAI-home": "1", "LTAI-other": "2" }, accountId: "1" });
    cloud.seed(fleet(1));
    const count = async (RegionId: string, key: string) =>
      listAt(await call("ecs", "DescribeInstances", { RegionId }, key), "Instances.Instance").length;
    expect(await count("cn-hangzhou", "LTAI-home")).toBe(1);
    expect(await count("cn-beijing", "LTAI-home")).toBe(0);
    expect(await count("cn-hangzhou", "LTAI-other")).toBe(0);
    expect(textAt(await call("sts", "GetCallerIdentity", {}, "LTAI-other"), "AccountId")).toBe("2");
  });

  it("logs each request with what it asked for and whom it named", async () => {
    const { cloud, ecs } = await openFake();
    cloud.seed(fleet(2));
    const instanceId = [cloud.id("web-0"), cloud.id("web-1")];
    await ecs.deleteInstances(new DeleteInstancesRequest({ regionId: "cn-hangzhou", instanceId, force: true }));
    expect(cloud.requests.at(-1)).toMatchObject({
      service: "ecs",
      action: "DeleteInstances",
      api: "ecs:DeleteInstances",
      mutating: true,
      dryRun: false,
      instanceIds: instanceId,
      parameters: { InstanceId: instanceId, Force: "true" },
      status: 200,
      tookEffect: true,
    });
  });

  it.each([
    ["ecs", "DescribeInstances", "Forbidden.RAM", 403],
    ["alidns", "DescribeDomains", "Forbidden.RAM", 400],
    ["alb", "ListServerGroups", "NoPermission", 403],
    ["bss", "InquiryPriceRefundInstance", "NotAuthorized", 400],
  ] as const)("denies in the words of %s, naming the RAM action", async (service, action, code, status) => {
    const { cloud, call } = await openFake();
    cloud.faults.add({ fault: "deny", api: action });
    const denied = call(service, action, service === "ecs" ? { RegionId: "cn-hangzhou" } : {});
    expect(await errorOf(denied)).toEqual({ code, status });
    const detail = await denied.catch((error: unknown) => at(error, "accessDeniedDetail.AuthAction"));
    const ramAction = action === "InquiryPriceRefundInstance" ? "bss:RefundQueryRemainAmount" : `${service}:${action}`;
    expect(detail).toBe(ramAction);
  });

  it("throttles with status 400 and a code that names it", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.faults.add({ fault: "throttle" });
    for (const [service, action] of [
      ["ecs", "DescribeInstances"],
      ["ess", "DescribeScalingGroups"],
    ] as const) {
      const { code, status } = await errorOf(inRegion(service, action));
      expect(code).toMatch(/^Throttling(\.User)?$/);
      expect(status).toBe(400);
    }
  });

  it("loses answers the way the SDK was seen to meet it", async () => {
    const { cloud, call, inRegion } = await openFake();
    cloud.seed(fleet(1));
    const off = cloud.faults.add({ fault: "html" });
    await expect(inRegion("ecs", "DescribeInstances")).rejects.toThrow(SyntaxError);
    off();
    cloud.faults.add({ fault: "drop-after", mutating: true, times: 1 });
    const remove = call("ecs", "DeleteInstance", { InstanceId: cloud.id("web-0"), Force: "true" });
    await expect(remove).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(cloud.holds("web-0")).toBe(false);
    cloud.faults.add({ fault: "null-lists", times: 1 });
    expect(at(await inRegion("ecs", "DescribeInstances"), "Instances.Instance")).toBeNull();
  });

  it("tells who calls and what roles there are", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", role: "reader" }]);
    expect(await call("sts", "GetCallerIdentity")).toMatchObject({
      AccountId: "1234567890123456",
      IdentityType: "RAMUser",
      Arn: expect.stringContaining("acs:ram::1234567890123456:user/"),
    });
    expect(each(await call("ram", "ListRoles"), "Roles.Role", "RoleName")).toEqual(["reader"]);
    expect(at(await call("ram", "GetRole", { RoleName: "reader" }), "Role.RoleName")).toBe("reader");
    expect(await codeOf(call("ram", "GetRole", { RoleName: "nobody" }))).toBe("EntityNotExist.Role");
    const policies = await call("ram", "ListPoliciesForUser", { UserName: "operator" });
    expect(each(policies, "Policies.Policy", "PolicyName")).toEqual(["AdministratorAccess"]);
  });

  it("is the whole cloud under msw, and leaves other hosts alone", async () => {
    const cloud = fakeAliyun();
    cloud.seed(fleet(1));
    const server = setupServer(
      ...cloud.handlers(http.all),
      http.get("https://example.com/", () => HttpResponse.text("other")),
    );
    server.listen({ onUnhandledRequest: "error" });
    try {
      const query =
        "Action=DescribeInstances&Version=2014-05-26&Format=JSON&AccessKeyId=k&Signature=s&SignatureMethod=m&SignatureVersion=1&SignatureNonce=n&Timestamp=t";
      const ask = async (host: string): Promise<unknown> =>
        (await fetch(`https://${host}/?${query}&RegionId=cn-hangzhou`)).json();
      expect(each(await ask("ecs-cn-hangzhou.aliyuncs.com"), "Instances.Instance", "InstanceId")).toEqual([
        cloud.id("web-0"),
      ]);
      expect(await (await fetch("https://example.com/")).text()).toBe("other");
    } finally {
      server.close();
    }
  });
});
