import { describe, expect, it } from "vitest";
import { networkSources } from "../../../providers/tencent/aftermath/network.js";
import { openAftermath } from "../../../providers/tencent/aftermath/survey.js";
import { copyOf } from "../../../providers/tencent/copies.js";
import { readClassicBalancers, readRegistrations } from "../../../providers/tencent/dependencies/balancers.js";
import { readGroupUsers, readReferences } from "../../../providers/tencent/dependencies/group-users.js";
import { interfaceSources } from "../../../providers/tencent/dependencies/interfaces.js";
import { readRulesTo } from "../../../providers/tencent/dependencies/nat.js";
import { scalingOwners } from "../../../providers/tencent/dependencies/owners.js";
import { readRoutesTo } from "../../../providers/tencent/dependencies/routes.js";
import { openSurvey } from "../../../providers/tencent/dependencies/survey.js";
import { readGroupTargets } from "../../../providers/tencent/dependencies/target-groups.js";
import {
  describeBy,
  readInterfacesOf,
  readTimers,
  readWithGaps,
  type SeenWithGaps,
} from "../../../providers/tencent/instances.js";
import { readPolicies, readSecurityGroups } from "../../../providers/tencent/policies.js";
import { diskFacts } from "../../../providers/tencent/record.js";
import { readQuotes } from "../../../providers/tencent/termination/quotes.js";
import { verifyDeleted } from "../../../providers/tencent/verify.js";
import { DecommissionError } from "../../../src/errors.js";
import type { InstanceRecord } from "../../../src/instances.js";
import { Wire } from "../../../src/wire.js";
import { callsTo, present, recorded } from "./recorded.js";
import * as expected from "./recordings.expected.js";

const each = <T>(table: Readonly<Record<string, T>>) => Object.entries(table);

function items(file: string, list: string): readonly Wire[] {
  const body: unknown = JSON.parse(recorded(file));
  return new Wire(body, file).object("Response")?.needList(list) ?? [];
}

const instancesFile = "cvm/DescribeInstances/before-terminate.json";

/** The recorded running instance, as the adapter sees it. */
async function seen(over: Partial<InstanceRecord> = {}): Promise<InstanceRecord> {
  const open = await callsTo({ DescribeInstances: recorded(instancesFile) });
  const { byId } = await readWithGaps(await open("reads"), ["ins-8ktxnl0g"]);
  const record = byId.get("ins-8ktxnl0g")?.record;
  if (!record) throw new Error("The recorded instance is not there.");
  return { ...record, ...over };
}

describe.skipIf(!present)("recorded answers", () => {
  it.each(each(expected.instances))("%s: instances", async (file, meant) => {
    const call = await (await callsTo({ DescribeInstances: recorded(file) }))("reads");
    const { byId } = await readWithGaps(
      call,
      meant.map(({ id }) => id),
    );
    expect([...byId.keys()]).toEqual(meant.map(({ id }) => id));
    for (const one of meant) {
      const { record, facts } = byId.get(one.id) ?? {};
      expect(record).toMatchObject({
        state: { unified: one.state },
        billing: { unified: one.billing ?? "on-demand" },
        protection: { termination: false },
        privateIps: one.privateIps,
        securityGroupIds: one.groups,
        ...(one.tags ? { tags: one.tags } : {}),
      });
      expect(record?.billing.expiresAt).toBe(one.expiresAt);
      expect(record?.protection.locks.map(({ raw }) => raw)).toEqual(one.locks ?? []);
      expect(record?.disks.map(({ id }) => id)).toEqual(one.disks);
      expect(record?.publicAddresses.map(({ ip }) => ip)).toEqual(one.publicIps);
      if (one.tagCount !== undefined) expect(Object.keys(record?.tags ?? {})).toHaveLength(one.tagCount);
      if (one.keys) expect(facts?.keyIds).toEqual(one.keys);
      expect(facts?.operationState === "OPERATING").toBe(one.operating ?? false);
      expect(facts?.hostId).toBe(one.hostId);
      expect(facts?.placementGroupIds).toEqual(one.placement ?? []);
    }
  });

  it.each(each(expected.instances))(
    "%s: S02 no disk is known to live or die before CBS says so",
    async (file, meant) => {
      const call = await (await callsTo({ DescribeInstances: recorded(file) }))("reads");
      const { byId } = await readWithGaps(
        call,
        meant.map(({ id }) => id),
      );
      for (const one of meant) expect(byId.get(one.id)?.facts.disputedDiskIds).toEqual(one.disks);
    },
  );

  it("two pages are one listing", async () => {
    const bodies = expected.pages.files.map(recorded);
    const call = await (await callsTo({ DescribeInstances: bodies }))("reads");
    const rows = await describeBy(call, []);
    expect(new Set(rows.map((row) => row.need("InstanceId"))).size).toBe(expected.pages.total);
  });

  it("an instance that vanished within one poll is deleted: with a sighting, two reads and a control", async () => {
    const record = await seen();
    const open = await callsTo({
      DescribeSecurityGroups: recorded("vpc/DescribeSecurityGroups/doc-example-1.json"),
    });
    const [verdict] = await verifyDeleted(open, [record], { deadlineMs: 5 * 60_000 });
    expect(verdict).toMatchObject({ status: "deleted", clean: false });
    if (verdict?.status !== "deleted") return;
    expect(verdict.absence.reads).toHaveLength(2);
    expect(verdict.absence.control).toMatchObject({ by: "row", id: "sg-05bb4upy" });
  });

  it("S03 proves nothing without a control: an empty region and a key that sees nothing look alike", async () => {
    const [verdict] = await verifyDeleted(await callsTo({}), [await seen()], { deadlineMs: 5 * 60_000 });
    expect(verdict).toMatchObject({ status: "unproven", clean: false });
  });

  it.each(each(expected.disks))("%s: disks", (file, meant) => {
    expect(items(file, "DiskSet").map(diskFacts)).toMatchObject(meant);
  });

  it.each(each(expected.snapshots))("%s: snapshots, permanent whatever deadline they carry", (file, meant) => {
    const copies = items(file, "SnapshotSet").map(copyOf);
    expect(copies).toMatchObject(meant.map((one) => ({ ...one, state: "completed", isLocal: false })));
    expect(copies.map(({ deadline }) => deadline)).toEqual([undefined, undefined]);
  });

  it.each(each(expected.timers))("%s: timers", async (file, { instanceId, ...timer }) => {
    const call = await (await callsTo({ DescribeInstancesActionTimer: recorded(file) }))("reads");
    expect((await readTimers(call, [instanceId])).get(instanceId)).toEqual(timer);
  });

  it.each(each(expected.statistics))("%s: S22 who is counted is a user", async (file, { groupIds, products }) => {
    const call = await (await callsTo({ DescribeSecurityGroupAssociationStatistics: recorded(file) }))("reads");
    const { uses, unchecked } = await readGroupUsers(call, groupIds);
    expect(unchecked).toEqual([]);
    for (const groupId of groupIds) {
      const counted = uses.filter((use) => use.groupId === groupId).map(({ id }) => id);
      expect(counted.toSorted()).toEqual(products);
    }
  });

  it.each(each(expected.references))("%s: references", async (file, { groupId, from }) => {
    const call = await (await callsTo({ DescribeSecurityGroupReferences: recorded(file) }))("reads");
    expect((await readReferences(call, [groupId])).get(groupId)).toEqual(from);
  });

  it.each(each(expected.policies))("%s: rules", async (file, { version, ingress, egress }) => {
    const call = await (await callsTo({ DescribeSecurityGroupPolicies: recorded(file) }))("reads");
    const read = await readPolicies(call, "sg-12345678");
    expect(read).toMatchObject({ version, ingress, egress });
    expect([read?.ingress.length, read?.egress.length]).toEqual([ingress.length, egress.length]);
  });

  it.each(each(expected.groups))("%s: groups", async (file, group) => {
    const call = await (await callsTo({ DescribeSecurityGroups: recorded(file) }))("reads");
    expect((await readSecurityGroups(call)).get(group.id)).toEqual(group);
  });

  it.each(each(expected.registrations))("%s: registrations", async (file, { ip, ...registration }) => {
    const call = await (await callsTo({ DescribeLBListeners: recorded(file) }))("reads");
    expect(await readRegistrations(call, [await seen({ privateIps: [ip] })])).toMatchObject([registration]);
  });

  it.each(each(expected.groupTargets))("%s: target groups", async (file, { instanceId, groupId, ports }) => {
    const call = await (await callsTo({ DescribeTargetGroupInstances: recorded(file) }))("reads");
    expect(await readGroupTargets(call, [await seen({ id: instanceId })])).toEqual(
      ports.map((port) => ({ instanceId, groupId, port })),
    );
  });

  it.each(each(expected.classicBalancers))("%s: classic balancers", async (file, { instanceId, balancerIds }) => {
    const call = await (await callsTo({ DescribeClassicalLBByInstanceId: recorded(file) }))("reads");
    const found = await readClassicBalancers(call, [instanceId]);
    expect(found).toEqual(balancerIds.map((balancerId) => ({ instanceId, balancerId })));
  });

  it.each(each(expected.interfaces))(
    "%s: interfaces",
    async (file, { instanceId, id, primary, privateIps, groups }) => {
      const call = await (await callsTo({ DescribeNetworkInterfaces: recorded(file) }))("reads");
      expect((await readInterfacesOf(call, [instanceId])).get(instanceId)).toEqual([
        { id, primary, privateIps, securityGroupIds: groups, deletedWithInstance: false },
      ]);
    },
  );

  it.each(each(expected.addresses))("%s: free addresses are left, whomever they name", async (file, ids) => {
    const call = await (await callsTo({ DescribeAddresses: recorded(file) }))("reads");
    const publicAddresses = ids.map((id) => ({ id, ip: id, kind: "elastic", releasedWithInstance: false }) as const);
    const record = await seen({ publicAddresses });
    const aftermath = openAftermath(call, [{ id: record.id, record }], []);
    const found = await networkSources.find(({ kind }) => kind === "public-address")?.read(aftermath);
    expect(found?.nodes).toMatchObject(ids.map((id) => ({ id, billing: "continues" })));
  });

  it.each(each(expected.natRules))("%s: rules of NAT gateways", async (file, { vpcId, privateIp, ids }) => {
    const call = await (await callsTo({ DescribeNatGatewayDestinationIpPortTranslationNatRules: recorded(file) }))(
      "reads",
    );
    const rules = await readRulesTo(call, [await seen({ vpcId, privateIps: [privateIp] })]);
    expect(rules.map(({ id }) => id)).toEqual(ids);
    expect(await readRulesTo(call, [await seen({ vpcId: "vpc-another", privateIps: [privateIp] })])).toEqual([]);
  });

  it.each(expected.foreignRoutes.map((file) => [file]))("%s: no route leads to us", async (file) => {
    const call = await (await callsTo({ DescribeRouteTables: recorded(file) }))("reads");
    expect(await readRoutesTo(call, [await seen()])).toEqual([]);
  });

  it.each(expected.freeVirtualAddresses.map((file) => [file]))("%s: nobody holds them", async (file) => {
    const call = await (await callsTo({ DescribeHaVips: recorded(file) }))("reads");
    const record = await seen();
    const surveyed: SeenWithGaps = {
      byId: new Map(),
      evidence: { api: "cvm:DescribeInstances", said: "", at: record.seenAt },
      unread: {},
    };
    const row = interfaceSources.find(({ kind }) => kind === "virtual-ip");
    expect((await row?.read(openSurvey(call, surveyed)))?.edges).toEqual([]);
  });

  it.each(each(expected.scalingMembers))("%s: members", async (file, { instanceId, groupId }) => {
    const call = await (await callsTo({ DescribeAutoScalingInstances: recorded(file) }))("reads");
    const { byId } = await readWithGaps(
      await (await callsTo({ DescribeInstances: recorded(instancesFile) }))("reads"),
      ["ins-8ktxnl0g"],
    );
    const { edges } = await scalingOwners(call, [...byId.values()]);
    expect(edges).toMatchObject([{ instanceId, node: { id: groupId }, effect: "release-first" }]);
  });

  it.each(each(expected.refunds))("%s: refunds", async (file, { instanceId, amount }) => {
    const call = await (await callsTo({ InquiryPriceTerminateInstances: recorded(file) }))("reads");
    const { quotes } = await readQuotes(call, [instanceId]);
    expect(quotes.get(instanceId)).toMatchObject({ amount: { amount } });
  });

  it.each(each(expected.errors))("%s: what the error means", async (file, meant) => {
    const call = await (await callsTo({ DescribeVpcs: recorded(file) }))("reads");
    const error: unknown = await call.read("vpc", "DescribeVpcs", {}).catch((thrown: unknown) => thrown);
    expect(DecommissionError.isInstance(error) ? error.problem : error).toMatchObject(meant);
  });
});
