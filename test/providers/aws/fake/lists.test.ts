import {
  DescribeHostsCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, it } from "vitest";
import { codeOf, openFake } from "./open.js";

const fleet = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `web-${index}`, tags: { number: String(index) } }));
const found = async (ec2: EC2Client, input = {}) =>
  (await ec2.send(new DescribeInstancesCommand(input))).Reservations?.flatMap(({ Instances }) => Instances ?? []).map(
    ({ Tags }) => Tags?.find(({ Key }) => Key === "number")?.Value,
  );

describe("lists", () => {
  it("refuse pages together with ids", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed(fleet(1));
    const InstanceIds = [cloud.id("web-0")];
    expect(await codeOf(found(ec2, { InstanceIds, MaxResults: 5 }))).toBe("InvalidParameterCombination");
    expect(await found(ec2, { InstanceIds })).toEqual(["0"]);
  });

  it("page within their limits and by their own tokens", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed(fleet(12));
    for (const MaxResults of [4, 1001]) expect(await codeOf(found(ec2, { MaxResults }))).toBe("InvalidParameterValue");
    const first = await ec2.send(new DescribeInstancesCommand({ MaxResults: 5 }));
    expect(first.Reservations).toHaveLength(5);
    const second = await found(ec2, { MaxResults: 5, NextToken: first.NextToken });
    expect(second).toEqual(["5", "6", "7", "8", "9"]);
    expect(await codeOf(found(ec2, { MaxResults: 5, NextToken: "made-up" }))).toBe("InvalidNextToken");
    const ofAnotherList = ec2.send(new DescribeVolumesCommand({ MaxResults: 5, NextToken: first.NextToken }));
    expect(await codeOf(ofAnotherList)).toBe("InvalidNextToken");
    const beyond = ec2.send(new DescribeVolumesCommand({ MaxResults: 501 }));
    expect(await codeOf(beyond)).toBe("InvalidParameterValue");
  });

  it("raise for absent ids, and leave them out of filters", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed(fleet(1));
    const absent = "i-0aaaaaaaaaaaaaaaa";
    expect(await codeOf(found(ec2, { InstanceIds: [cloud.id("web-0"), absent] }))).toBe("InvalidInstanceID.NotFound");
    expect(await codeOf(found(ec2, { InstanceIds: ["web-0"] }))).toBe("InvalidInstanceID.Malformed");
    const Filters = [{ Name: "instance-id", Values: [absent, cloud.id("web-0")] }];
    expect(await found(ec2, { Filters })).toEqual(["0"]);
  });

  it("take 200 values a filter and no more", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed(fleet(1));
    const values = (count: number) => [
      {
        Name: "instance-id",
        Values: Array.from({ length: count }, (_, index) => `i-${String(index).padStart(17, "0")}`),
      },
    ];
    expect(await found(ec2, { Filters: values(200) })).toEqual([]);
    expect(await codeOf(found(ec2, { Filters: values(201) }))).toBe("FilterLimitExceeded");
  });

  it("know their filters, honour wildcards, and join values by or and filters by and", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([...fleet(3), { id: "star", tags: { number: "*" } }]);
    const by = (...pairs: [string, ...string[]][]) =>
      found(ec2, { Filters: pairs.map(([Name, ...Values]) => ({ Name, Values })) });
    expect(await by(["tag:number", "1", "2"])).toEqual(["1", "2"]);
    expect(await by(["tag:number", "?"])).toEqual(["0", "1", "2", "*"]);
    expect(await by(["tag:number", "\\*"])).toEqual(["*"]);
    expect(await by(["tag:number", "1", "2"], ["instance-id", cloud.id("web-2")])).toEqual(["2"]);
    expect(await by(["instance-state-name", "stopped"])).toEqual([]);
    expect(await codeOf(by(["instance-status", "running"]))).toBe("InvalidParameterValue");
  });

  it("refuse parameters that the action has not", async () => {
    const { ec2, server } = await openFake();
    // The SDK sends only what it knows, so this is written by hand.
    const answer = await fetch(server.url, {
      method: "POST",
      headers: {
        authorization: "AWS4-HMAC-SHA256 Credential=AKIAHOME/20260102/eu-west-1/ec2/aws4_request, Signature=0",
      },
      body: "Action=DescribeInstances&Version=2016-11-15&Colour=red",
    });
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining("<Code>UnknownParameter</Code>"),
    ]);
    expect(answer.headers.get("x-amzn-requestid")).toBeTruthy();
    await ec2.send(new DescribeInstancesCommand({}));
  });

  it("name the nearest action for one they do not know", async () => {
    const { server } = await openFake();
    const answer = await fetch(server.url, {
      method: "POST",
      headers: {
        authorization: "AWS4-HMAC-SHA256 Credential=AKIAHOME/20260102/eu-west-1/ec2/aws4_request, Signature=0",
      },
      body: "Action=DescribeInstance&Version=2016-11-15",
    });
    expect(await answer.text()).toMatch(/InvalidAction.*ec2:DescribeInstances/);
  });

  it("log a request that nobody signed, and refuse it", async () => {
    const { cloud, server } = await openFake();
    const answer = await fetch(server.url, { method: "POST", body: "Action=DescribeInstances&Version=2016-11-15" });
    expect(answer.status).toBe(403);
    expect(cloud.requests).toMatchObject([{ api: "", status: 403, cloudCode: "MissingAuthenticationToken" }]);
  });

  it("end rule lists with an empty token and limit host pages to 500", async () => {
    const { ec2 } = await openFake();
    expect((await ec2.send(new DescribeSecurityGroupRulesCommand({}))).NextToken).toBe("");
    expect(await codeOf(ec2.send(new DescribeHostsCommand({ MaxResults: 501 })))).toBe("InvalidParameterValue");
  });

  it("tell disks of the host by the instance type alone", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([{ id: "fast", disks: [{ role: "system" }, { medium: "local", id: "scratch" }] }]);
    const [instance] = (await ec2.send(new DescribeInstancesCommand({}))).Reservations?.[0]?.Instances ?? [];
    expect(instance?.BlockDeviceMappings).toHaveLength(1);
    const type = instance?.InstanceType;
    const types = await ec2.send(new DescribeInstanceTypesCommand(type ? { InstanceTypes: [type] } : {}));
    expect(types.InstanceTypes?.[0]).toMatchObject({
      InstanceStorageSupported: true,
      InstanceStorageInfo: { Disks: [{ Count: 1 }] },
    });
    expect(cloud.view().disks).toContainEqual(expect.objectContaining({ id: cloud.id("scratch"), state: "attached" }));
  });
});

describe("accounts and regions", () => {
  it("are worlds of their own, told by access key and signature", async () => {
    const fake = await openFake({
      accountId: "111111111111",
      accounts: { AKIAHOME: "111111111111", OTHER: "222222222222" },
    });
    fake.cloud.seed(fleet(2));
    const credentials = { accessKeyId: "OTHER", secretAccessKey: "never checked" };
    const stranger = fake.open((settings) => new STSClient(settings), { credentials });
    expect((await stranger.send(new GetCallerIdentityCommand({}))).Account).toBe("222222222222");
    expect((await fake.sts.send(new GetCallerIdentityCommand({}))).Account).toBe("111111111111");
    const { EC2Client: Client } = await import("@aws-sdk/client-ec2");
    const other = fake.open((settings) => new Client(settings), { credentials });
    const elsewhere = fake.open((settings) => new Client(settings), { region: "us-east-1" });
    expect([await found(fake.ec2), await found(other), await found(elsewhere)]).toEqual([["0", "1"], [], []]);
    const unknown = { credentials: { accessKeyId: "NOBODY", secretAccessKey: "never checked" } };
    expect(await codeOf(found(fake.open((settings) => new Client(settings), unknown)))).toBe("AuthFailure");
  });

  it("refuse a region the account has not", async () => {
    const { ec2 } = await openFake({ regions: ["us-east-1"] });
    expect(await codeOf(found(ec2))).toBe("AuthFailure");
  });
});

describe("trouble", () => {
  it("is worded as EC2 words it", async () => {
    const { cloud, ec2 } = await openFake();
    const wording = async (...faults: Parameters<typeof cloud.faults.add>) => {
      const remove = cloud.faults.add(...faults);
      const error: unknown = await ec2.send(new DescribeSnapshotsCommand({})).catch((thrown: unknown) => thrown);
      remove();
      return error;
    };
    expect(await wording({ fault: "throttle" })).toMatchObject({
      name: "RequestLimitExceeded",
      $metadata: { httpStatusCode: 503, requestId: expect.any(String) },
    });
    expect(await wording({ fault: "deny" })).toMatchObject({
      name: "UnauthorizedOperation",
      $metadata: { httpStatusCode: 403 },
    });
    expect(await wording({ fault: "server-error" })).toMatchObject({ name: "InternalError" });
    expect(await wording({ fault: "drop-after" })).toMatchObject({ code: "ECONNRESET" });
    expect(await wording({ fault: "truncate" })).toMatchObject({ code: "ECONNRESET" });
  });

  it("can leave every list out of an answer", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed(fleet(1));
    cloud.faults.add({ fault: "null-lists" });
    expect((await ec2.send(new DescribeInstancesCommand({}))).Reservations).toBeUndefined();
  });
});
