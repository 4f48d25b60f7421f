/* What is odd about Tencent Cloud's answers, a test for each quirk that the adapter acts on when it reads. */
import { createServer } from "node:http";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { agentFor } from "../../../providers/tencent/agent.js";
import { tencentClients } from "../../../providers/tencent/clients.js";
import { listDependencies } from "../../../providers/tencent/dependencies.js";
import { findInstances } from "../../../providers/tencent/find-instances.js";
import { tencent } from "../../../providers/tencent/index.js";
import { diskFacts, seenInstance } from "../../../providers/tencent/record.js";
import { beijingTime, momentOf } from "../../../providers/tencent/times.js";
import { verifyDeleted } from "../../../providers/tencent/verify.js";
import type { DecommissionEvent } from "../../../src/events.js";
import { Wire } from "../../../src/wire.js";
import { byAnotherTool, collect, sent, sighting, tencentWorld } from "./for-test.js";
import { populate } from "./populated.js";

const scope = { cloud: "tencent", accountId: "100000000001", region: "ap-guangzhou" } as const;
const seenAt = "2026-01-02T03:04:05.000Z";

/** A running pay-as-you-go instance as CVM shows it, with fields of one's own. */
function shown(over: object): Wire {
  return new Wire(
    {
      InstanceId: "ins-8ktxnl0g",
      InstanceState: "RUNNING",
      InstanceChargeType: "POSTPAID_BY_HOUR",
      RestrictState: "NORMAL",
      IsolatedSource: "NOTISOLATED",
      ...over,
    },
    "instance",
  );
}

const recordOf = (over: object) => seenInstance(shown(over), { scope, seenAt }).record;

function withEnvironment(name: string, value: string): void {
  vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
}

describe("listings", () => {
  // "Limit", each operation: 20 where nothing is said, for lists of ids as well.
  it("always say how long a page is to be, and count offsets in the form each call wants", async () => {
    const world = await tencentWorld();
    populate(world, ["web"]);
    await listDependencies(world.open, [world.id("web")]);
    const paged = world.requests.filter(({ parameters }) => parameters.Offset !== undefined);
    expect(paged.length).toBeGreaterThan(25);
    for (const { api, parameters } of paged) expect([api, parameters.Limit !== undefined]).toEqual([api, true]);
    const asTexts = paged.filter(({ parameters }) => typeof parameters.Offset === "string").map(({ api }) => api);
    expect(new Set(asTexts)).toEqual(
      new Set([
        "vpc:DescribeSecurityGroups",
        "vpc:DescribeRouteTables",
        "vpc:DescribeAddressTemplates",
        "vpc:DescribeAddressTemplateGroups",
        "vpc:DescribeVpcs",
      ]),
    );
  });

  // Recorded page 2 of 3: a page past the end is empty and tells the full total.
  it("end at an empty page, whatever total it tells", async () => {
    const world = await tencentWorld();
    const names = Array.from({ length: 200 }, (_, index) => `n${index}`);
    world.seed(names.map((id) => ({ id, tags: { team: "shop" } })));
    expect(await collect(findInstances(world.open, { tags: { team: "shop" } }))).toHaveLength(200);
    expect(sent(world, "cvm:DescribeInstances").map(({ parameters }) => parameters.Offset)).toEqual([0, 100, 200]);
  });

  // DescribeInstances answers an unknown id with an empty list (recorded after TerminateInstances).
  it("S03 of an unknown id are empty, which is no end of anything", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "bystander" }]);
    expect(await verifyDeleted(world.open, ["ins-00000000"])).toMatchObject([{ status: "unproven" }]);
  });

  // DescribeInstances, `tag:<key>`: the cloud matches whatever the case.
  it("are matched again here", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "loud", tags: { team: "SHOP" } }]);
    expect(await collect(findInstances(world.open, { tags: { team: "shop" } }))).toEqual([]);
  });
});

describe("an instance", () => {
  // InstanceChargeType, cvm 2017-03-12; UNDERWRITE is known to others and documented nowhere.
  it.each([
    ["PREPAID", "prepaid"],
    ["POSTPAID_BY_HOUR", "on-demand"],
    ["SPOTPAID", "spot"],
    ["CDHPAID", "on-demand"],
    ["UNDERWRITE", "unknown"],
  ])("that is paid as %s is %s", (InstanceChargeType, unified) => {
    expect(recordOf({ InstanceChargeType }).billing).toMatchObject({ unified, raw: InstanceChargeType });
  });

  // ExpiredTime is set in a documented pay-as-you-go answer.
  it("that is paid by use expires never, whatever date it carries", () => {
    expect(recordOf({ ExpiredTime: "2020-09-22T00:00:00+00:00" }).billing.expiresAt).toBeUndefined();
    const prepaid = recordOf({ InstanceChargeType: "PREPAID", ExpiredTime: "2020-09-22T00:00:00+00:00" });
    expect(prepaid.billing.expiresAt).toBe("2020-09-22T00:00:00.000Z");
  });

  // IsolatedSource and RestrictState, cvm 2017-03-12.
  it("in the bin was returned, expired or is in arrears; held by the platform, it is locked", () => {
    const bin = (IsolatedSource: string) => recordOf({ InstanceState: "SHUTDOWN", IsolatedSource });
    expect(["MANMADE", "EXPIRE", "ARREAR", "ELSE"].map((source) => bin(source).recycled?.cause)).toEqual([
      "returned",
      "expired",
      "overdue",
      "unknown",
    ]);
    expect(bin("ARREAR").protection.locks).toMatchObject([{ unified: "overdue" }]);
    expect(recordOf({ RestrictState: "PROTECTIVELY_ISOLATED" }).protection.locks).toMatchObject([
      { unified: "security" },
    ]);
  });

  // Error codes name states that no list of them has: Banning, Freezing, Corrupted.
  it("in a state nobody knows is not taken for any", () => {
    expect(recordOf({ InstanceState: "BANNING" }).state).toEqual({ unified: "unknown", raw: "BANNING" });
    expect(recordOf({ InstanceState: "RESCUE_MODE" }).state.unified).toBe("stopped");
  });

  // Recorded StopInstances: LatestOperationState SUCCESS, InstanceState STOPPING.
  it("is in the state it shows, not in the one its last operation has reported", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }]);
    await byAnotherTool(world, "cvm:StopInstances", { InstanceIds: [world.id("web")] });
    await world.clock.advance(6_000);
    expect((await sighting(world, "web")).state).toEqual({ unified: "stopping", raw: "STOPPING" });
    expect(recordOf({ InstanceState: "STOPPING", LatestOperationState: "SUCCESS" }).state.unified).toBe("stopping");
  });

  // "If it is ever absent, treat it as unknown": it is in every recording.
  it("that does not say whether it is protected is not unprotected", () => {
    expect(recordOf({}).protection.termination).toBe("unknown");
    expect(recordOf({ DisableApiTermination: false }).protection.termination).toBe(false);
  });

  // Recorded: null for lists and texts, every tag under two names, a secondary address elsewhere.
  it("is read through nulls, empty texts and doubled tags", () => {
    const record = recordOf({
      PublicIpAddresses: null,
      IPv6Addresses: null,
      LoginSettings: { KeyIds: null },
      DataDisks: null,
      CamRoleName: "",
      Tags: [{ tagKey: "team", tagValue: "shop", Key: "team", Value: "shop" }],
    });
    expect(record).toMatchObject({ publicAddresses: [], disks: [], tags: { team: "shop" } });
  });

  // AddressStatus and CascadeRelease, vpc 2017-03-12.
  it("keeps an elastic address, but for one that releases itself", () => {
    const elastic = new Map([
      ["1.1.1.1", { id: "eip-11111111", cascadeRelease: false }],
      ["2.2.2.2", { id: "eip-22222222", cascadeRelease: true }],
      ["3.3.3.3", { id: "eip-33333333", cascadeRelease: false, holderId: "ins-8ktxnl0g" }],
    ]);
    const wire = shown({ PublicIpAddresses: ["1.1.1.1", "2.2.2.2", "4.4.4.4"] });
    const { publicAddresses } = seenInstance(wire, { scope, seenAt, elastic }).record;
    expect(publicAddresses).toEqual([
      { id: "eip-11111111", ip: "1.1.1.1", kind: "elastic", releasedWithInstance: false },
      { id: "eip-22222222", ip: "2.2.2.2", kind: "elastic", releasedWithInstance: true },
      { ip: "4.4.4.4", kind: "ephemeral", releasedWithInstance: true },
      { id: "eip-33333333", ip: "3.3.3.3", kind: "elastic", releasedWithInstance: false },
    ]);
    // Where elastic addresses could not be read, none is known to go.
    expect(recordOf({ PublicIpAddresses: ["1.1.1.1"] }).publicAddresses).toMatchObject([
      { releasedWithInstance: "unknown" },
    ]);
  });
});

describe("a disk", () => {
  const disk = (over: object) =>
    diskFacts(new Wire({ DiskId: "disk-11111111", DiskUsage: "DATA_DISK", DiskSize: 10, ...over }, "disk"));
  const fateOf = (over: object) => {
    const facts = disk({ InstanceId: "ins-8ktxnl0g", Portable: true, DeleteWithInstance: true, ...over });
    const wire = shown({ DataDisks: [{ DiskId: facts.id, DiskType: "CLOUD_SSD", DeleteWithInstance: false }] });
    const disksOf = new Map([["ins-8ktxnl0g", [facts]]]);
    return seenInstance(wire, { scope, seenAt, disksOf }).record.disks[0]?.deletedWithInstance;
  };

  // "DeleteWithInstance", cbs 2017-03-12: for pay-as-you-go data disks; "Portable": detachable.
  it("dies by what CBS says: tied ones always, prepaid elastic ones never, others as flagged", () => {
    expect(fateOf({})).toBe(true);
    expect(fateOf({ DeleteWithInstance: false })).toBe(false);
    expect(fateOf({ Portable: false, DeleteWithInstance: false })).toBe(true);
    expect(fateOf({ DiskChargeType: "PREPAID" })).toBe(false);
    expect(fateOf({ DeleteWithInstance: null })).toBe("unknown");
  });

  // A shareable disk has no InstanceId, only InstanceIdList (documented DescribeDisks).
  it("names its holders in one field or the other", () => {
    expect(disk({ InstanceId: "", InstanceIdList: ["ins-a", "ins-b"] }).instanceIds).toEqual(["ins-a", "ins-b"]);
    expect(disk({ InstanceId: "ins-a", InstanceIdList: null }).instanceIds).toEqual(["ins-a"]);
  });
});

describe("times", () => {
  // Recorded: a disk made at 14:24:09 with the instance made at 06:24 UTC.
  it("without a zone are Beijing's, and 0000 is none", () => {
    expect(momentOf("2022-08-30 14:24:09")).toBe("2022-08-30T06:24:09.000Z");
    expect(momentOf("2022-09-16T03:26:14Z")).toBe("2022-09-16T03:26:14.000Z");
    expect(momentOf("0000-00-00 00:00:00")).toBeUndefined();
    expect(momentOf("someday")).toBeUndefined();
    expect(beijingTime(Date.parse("2022-08-30T06:24:09Z"))).toBe("2022-08-30 14:24:09");
  });
});

describe("the SDK", () => {
  const credentials = { secretId: "AKIDHOME", secretKey: "never checked" };
  const request = { service: "cvm", action: "DescribeInstances", parameters: {} };

  // credential.js of the SDK: the chain prints what failed and ends with empty keys.
  it("finds no credentials in silence: ours is an error, and says nothing on the way", async () => {
    for (const name of ["TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"]) withEnvironment(name, "");
    const printed = vi.spyOn(console, "error").mockImplementation(() => undefined);
    onTestFinished(() => printed.mockRestore());
    const empty = tencent({ region: "ap-guangzhou", credentials: { secretId: "", secretKey: "" } });
    await expect(empty.whoAmI()).rejects.toMatchObject({ code: "authentication" });
    expect(printed).not.toHaveBeenCalled();
  });

  it("is given credentials anew for every request, since temporary ones change under a long run", async () => {
    const world = await tencentWorld();
    let asked = 0;
    const renewing = () => {
      asked += 1;
      return Promise.resolve({ ...world.credentials });
    };
    const adapter = world.adapterWith({ credentials: renewing });
    await adapter.whoAmI();
    const before = asked;
    await collect(adapter.findInstances({ tags: { team: "shop" } }));
    expect(asked).toBeGreaterThan(before);
  });

  // fetch.js of the SDK: http_proxy is used for loopback, too, unless there is an agent.
  it("sends loopback through no proxy, and all else as the proxy wants it", async () => {
    withEnvironment("http_proxy", "http://127.0.0.1:9");
    const world = await tencentWorld();
    expect(await world.adapter.whoAmI()).toMatchObject({ accountId: "100000000001" });
    expect(agentFor("https:", false)).toBeUndefined();
    expect(agentFor("http:", true)).toBeDefined();
  });

  // Recorded error messages are Chinese where no language is asked for.
  it("is asked for English, and for the whole of its answer in time", async () => {
    let language: unknown;
    const server = createServer((asked, response) => {
      language = asked.headers["x-tc-language"];
      response.end('{"Response":{"RequestId":"r"}}');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const endpoint = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
    const clients = tencentClients({ region: "ap-guangzhou", endpoint, credentials }, 5_000);
    await clients.send(request, AbortSignal.timeout(5_000));
    expect(language).toBe("en-US");
    server.closeAllConnections();
  });

  it("S09 drops the cloud's clock, which is heard all the same", async () => {
    const world = await tencentWorld({ clockSkewMs: 90_000 });
    world.seed([{ id: "web" }]);
    const events: DecommissionEvent[] = [];
    await listDependencies(world.open, [world.id("web")], { onEvent: (event) => events.push(event) });
    expect(events.filter(({ type }) => type === "clock")).toMatchObject([{ skewMs: 90_000 }]);
  });

  it("takes a ready client of the caller's, which stays as it is", async () => {
    const ready = { request: () => Promise.resolve({ RequestId: "r", InstanceSet: [] }) };
    const clients = tencentClients({ region: "ap-guangzhou", clients: { cvm: ready } }, 5_000);
    expect(await clients.send(request, AbortSignal.timeout(1_000))).toMatchObject({ requestId: "r" });
    expect(Object.keys(ready)).toEqual(["request"]);
  });
});
