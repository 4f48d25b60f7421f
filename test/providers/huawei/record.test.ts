import { describe, expect, it } from "vitest";
import { addressFacts, portFacts, volumeFacts } from "../../../providers/huawei/facts.js";
import { isServer, type RecordContext, seenInstance } from "../../../providers/huawei/record.js";
import { Wire } from "../../../src/wire.js";

const serverId = "bac642b0-a9ca-4a13-b6b9-9e41b35905b6";
const context: RecordContext = {
  scope: { cloud: "huawei", accountId: "a".repeat(32), region: "cn-north-4", project: "b".repeat(32) },
  seenAt: "2026-11-25T00:00:00.000Z",
};

function server(over: Readonly<Record<string, unknown>> = {}, given: Partial<RecordContext> = {}) {
  const wire = {
    id: serverId,
    name: "web-1",
    status: "ACTIVE",
    created: "2025-03-17T10:38:38Z",
    locked: false,
    flavor: { id: "x1.1u.1g" },
    "OS-EXT-STS:task_state": null,
    "OS-EXT-STS:power_state": 1,
    "OS-EXT-AZ:availability_zone": "cn-north-4a",
    addresses: {
      "vpc-1": [
        { addr: "192.168.0.10", "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS:port_id": "p-1", primary: true },
        { addr: "1.2.3.4", "OS-EXT-IPS:type": "floating", "OS-EXT-IPS:port_id": "p-1" },
      ],
    },
    security_groups: [{ id: "sg-1", name: "web" }],
    "os-extended-volumes:volumes_attached": [
      { id: "v-1", delete_on_termination: "false", bootIndex: "0" },
      { id: "v-2", delete_on_termination: "false", bootIndex: "-1" },
    ],
    metadata: { charging_mode: "0", vpc_id: "vpc-1" },
    tags: ["env=prod", "app.shop", "bare"],
    ...over,
  };
  return seenInstance(new Wire(wire, "server"), { ...context, ...given });
}

function volume(over: Readonly<Record<string, unknown>>) {
  const wire = {
    id: "v-2",
    size: 100,
    bootable: "false",
    attachments: [{ server_id: serverId }],
    metadata: {},
    ...over,
  };
  return volumeFacts(new Wire(wire, "volume"));
}

describe("a server's record", () => {
  it("reads words for truth values, and keeps a system disk's fate apart from its flag", () => {
    const { record } = server();
    expect(record.disks).toMatchObject([
      { id: "v-1", role: "system", deletedWithInstance: true },
      { id: "v-2", role: "data", deletedWithInstance: false },
    ]);
  });

  it("takes tags apart in all their forms", () => {
    expect(server().record.tags).toEqual({ env: "prod", app: "shop", bare: "" });
    const pairs = [{ key: "env", value: "prod" }, { key: "bare" }];
    expect(server({ tags: pairs }).record.tags).toEqual({ env: "prod", bare: "" });
    expect([server({ tags: [] }).record.tags, server({ tags: null }).record.tags]).toEqual([{}, {}]);
  });

  it("shows a server that is being deleted although its status stays ACTIVE", () => {
    expect(server({ "OS-EXT-STS:task_state": "deleting" }).record.state).toEqual({
      unified: "terminating",
      raw: "ACTIVE/deleting",
    });
  });

  it("never takes SOFT_DELETED for gone: the server is in the bin", () => {
    const { record } = server({ status: "SOFT_DELETED" });
    expect(record.state.unified).toBe("recycled");
    expect(record.recycled).toEqual({ cause: "unknown", until: { basis: "unknown" } });
  });

  it("tells a server that is being purged from one that waits in the bin", () => {
    const purged = server({ status: "SOFT_DELETED", "OS-EXT-STS:task_state": "deleting" }).record;
    const back = server({ status: "SOFT_DELETED", "OS-EXT-STS:task_state": "restoring" }).record;
    expect([purged.state.unified, back.state.unified]).toEqual(["terminating", "recycled"]);
  });

  it("knows a server of the bin whatever its status still reads", () => {
    expect(server({ status: "SHUTOFF", in_recycle_bin: true }).record.state.unified).toBe("recycled");
  });

  it.each([
    ["UNKNOWN", "unknown"],
    ["ERROR", "running"],
    ["SHUTOFF", "stopped"],
    ["DELETED", "gone"],
  ])("maps the status %s to %s", (status, unified) => {
    expect(server({ status }).record.state.unified).toBe(unified);
  });

  it.each(["RESIZE", "VERIFY_RESIZE", "REBUILD", "MIGRATING", "RESCUE", "BUILD"])("calls %s busy", (status) => {
    expect(server({ status }).facts.busy).toBe(status);
  });

  it("decides billing by charging_mode, and refuses to guess", () => {
    const billing = (mode: string | null) => server({ metadata: { charging_mode: mode } }).record.billing.unified;
    expect(["0", "1", "2", "3", null].map(billing)).toEqual(["on-demand", "prepaid", "spot", "unknown", "unknown"]);
  });

  it("tells an order's lock from a user's, and keeps the order", () => {
    expect(server({ locked: true }).record.protection).toEqual({ termination: true, locks: [] });
    const metadata = { charging_mode: "0", lockScene: "TO_PERIOD_LOCK", lockSource: "ORDER", lockSourceId: "CS1" };
    expect(server({ locked: true, metadata }).record.protection).toEqual({
      termination: false,
      locks: [{ unified: "order", raw: "TO_PERIOD_LOCK", orderId: "CS1" }],
    });
  });

  it("does not call a server unlocked that does not say whether it is", () => {
    expect(server({ locked: undefined }).record.protection.termination).toBe("unknown");
  });

  it("holds a frozen server to be locked", () => {
    const metadata = { charging_mode: "0", EcmResStatus: "freeze" };
    expect(server({ metadata }).record.protection.locks).toMatchObject([{ unified: "security" }]);
  });

  it("S02 writes a disk in that EVS alone shows, and calls the set disputed", () => {
    const volumes = [volume({ id: "v-1" }), volume({ id: "v-2" }), volume({ id: "v-3" })];
    const { record, facts } = server({}, { volumesOf: new Map([[serverId, volumes]]) });
    expect(record.disks.map(({ id }) => id)).toEqual(["v-1", "v-2", "v-3"]);
    expect(facts.disputedDiskIds).toEqual(["v-3"]);
    expect(server().facts.disputedDiskIds).toEqual(["v-1", "v-2"]);
  });

  it("only detaches a shared disk, whatever its flag says", () => {
    const shared = volume({ multiattach: true, attachments: [{ server_id: serverId }, { server_id: "other" }] });
    const attached = [{ id: "v-2", delete_on_termination: "true", bootIndex: "1" }];
    const { record } = server(
      { "os-extended-volumes:volumes_attached": attached },
      { volumesOf: new Map([[serverId, [shared]]]) },
    );
    expect(record.disks).toMatchObject([{ role: "data", deletedWithInstance: false, sharedWith: ["other"] }]);
  });

  it.each([
    ["CS1", true],
    ["CS2", false],
  ])("lets a subscription's disk of the order %s go with its server: %s", (orderID, goes) => {
    const metadata = { charging_mode: "1", "metering.order_id": "CS1" };
    const volumesOf = new Map([[serverId, [volume({ metadata: { orderID } })]]]);
    const disk = server({ metadata }, { volumesOf }).record.disks.find(({ id }) => id === "v-2");
    expect(disk?.deletedWithInstance).toBe(goes);
  });

  it("does not know the fate of a subscription's disk that could not be read", () => {
    const metadata = { charging_mode: "1", "metering.order_id": "CS1" };
    expect(server({ metadata }).record.disks.at(1)?.deletedWithInstance).toBe("unknown");
  });

  it("writes the host's disks in from the flavor, which no snapshot saves", () => {
    const localDisks = new Map([["x1.1u.1g", [{ count: 2, sizeGiB: 1675 }]]]);
    const { record, facts } = server({}, { localDisks });
    expect(record.disks.filter(({ ephemeral }) => ephemeral)).toMatchObject([{ sizeGiB: 1675 }, { sizeGiB: 1675 }]);
    expect([facts.localDisksKnown, server().facts.localDisksKnown]).toEqual([true, false]);
  });

  it("takes groups from the ports, which alone tell them for each interface", () => {
    const port = portFacts(
      new Wire(
        { id: "p-2", device_id: serverId, fixed_ips: [{ ip_address: "10.0.0.9" }], security_groups: ["sg-2"] },
        "port",
      ),
    );
    const { record } = server({}, { portsOf: new Map([[serverId, [port]]]) });
    expect(record.networkInterfaces).toEqual([
      { id: "p-1", primary: true, deletedWithInstance: true, privateIps: ["192.168.0.10"], securityGroupIds: [] },
      {
        id: "p-2",
        primary: false,
        deletedWithInstance: "unknown",
        privateIps: ["10.0.0.9"],
        securityGroupIds: ["sg-2"],
      },
    ]);
    expect(record.securityGroupIds).toEqual(["sg-2", "sg-1"]);
  });

  it("keeps an EIP, with its id where the listing of EIPs tells it", () => {
    const eip = addressFacts(
      new Wire(
        { id: "eip-1", public_ip_address: "1.2.3.4", associate_instance_type: "PORT", associate_instance_id: "p-1" },
        "eip",
      ),
    );
    expect(server({}, { addresses: [eip] }).record.publicAddresses).toEqual([
      { id: "eip-1", ip: "1.2.3.4", kind: "elastic", releasedWithInstance: false },
    ]);
    expect(server().record.publicAddresses).toEqual([{ ip: "1.2.3.4", kind: "elastic", releasedWithInstance: false }]);
  });

  it("takes the entry of an id nobody knows for no server, with nulls or without fields", () => {
    expect(isServer(new Wire({ id: serverId, fault: null }, "server"))).toBe(false);
    expect(isServer(new Wire({ id: serverId, status: null, metadata: null, name: null }, "server"))).toBe(false);
  });

  it("survives a server that leaves out what its model calls mandatory", () => {
    const bare = { id: serverId, status: "ACTIVE" };
    const { record } = seenInstance(new Wire(bare, "server"), context);
    expect(record).toMatchObject({ disks: [], networkInterfaces: [], billing: { unified: "unknown" }, tags: {} });
  });
});
