import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { huaweiCalls } from "../../../providers/huawei/call.js";
import { readBackups, readVaults } from "../../../providers/huawei/dependencies/backups.js";
import { readMembers, readPools } from "../../../providers/huawei/dependencies/balancers.js";
import { readDatabases } from "../../../providers/huawei/dependencies/databases.js";
import { readPublicRules } from "../../../providers/huawei/dependencies/nat.js";
import { readScalingGroups, readScalingMembers } from "../../../providers/huawei/dependencies/scaling-groups.js";
import { readAllRules, readSecurityGroups } from "../../../providers/huawei/dependencies/security-groups.js";
import { jobSight } from "../../../providers/huawei/jobs.js";
import { readAddresses, readPorts, readVolumes } from "../../../providers/huawei/listings.js";
import { seenInstance } from "../../../providers/huawei/record.js";
import { securityRule } from "../../../providers/huawei/rule.js";
import { readBackupRows } from "../../../providers/huawei/snapshots/backup.js";
import { DecommissionError } from "../../../src/errors.js";
import { Wire } from "../../../src/wire.js";
import { startHttp } from "./http.js";
import * as expected from "./recordings.expected.js";

const home = fileURLToPath(new URL("../../../../shared/recordings/huawei", import.meta.url));
const present = existsSync(home);
if (!present) console.warn(`SKIPPED: no recordings of Huawei Cloud answers at ${home}.`);

const scope = { cloud: "huawei", accountId: "a".repeat(32), region: "cn-north-4", project: "b".repeat(32) };
const identity = { domains: [{ id: scope.accountId, name: "recorded" }] };

/** A call that is answered with a recorded body, whatever it asks, through the SDK itself. */
async function callAnswered(file: string, status = 200, whole = (body: string) => body) {
  const body = whole(readFileSync(`${home}/${file}`, "utf8"));
  const url = await startHttp((path) =>
    path.startsWith("/iam/")
      ? { status: 200, body: JSON.stringify(identity) }
      : { status, body: status === 204 ? "" : body },
  );
  const credentials = { ak: "HPUARECORDED", sk: "never checked" };
  return await huaweiCalls({ region: scope.region, projectId: scope.project, endpoint: url, credentials })("reads");
}

const each = <T>(table: Readonly<Record<string, T>>) => Object.entries(table);

describe.skipIf(!present)("recorded answers", () => {
  it.each(each(expected.servers))("%s: servers", (file, meant) => {
    const body = JSON.parse(readFileSync(`${home}/${file}`, "utf8"));
    const rows: readonly { readonly detail?: unknown }[] = body.servers ?? body.instances;
    const records = rows.map((row) => {
      const seen = seenInstance(new Wire(row.detail ?? row, file), { scope, seenAt: "2026-11-25T00:00:00.000Z" });
      return { ...seen, said: JSON.stringify(seen) };
    });
    expect(records.map(({ record }) => record.id)).toEqual(meant.map(({ id }) => id));
    for (const [index, one] of meant.entries()) {
      const seen = records[index];
      expect(seen?.record).toMatchObject({
        state: { unified: one.state },
        billing: { unified: one.billing },
        protection: { termination: one.locked, locks: [] },
        privateIps: one.privateIps,
        securityGroupIds: one.groups,
        tags: one.tags,
        createdAt: one.createdAt,
      });
      expect(seen?.record.publicAddresses.map(({ ip }) => ip)).toEqual(one.publicIps);
      expect(seen?.record.disks).toMatchObject(
        one.disks.map((id) => ({ id, role: "system", deletedWithInstance: true })),
      );
      // It held hashes of passwords.
      expect(seen?.said).not.toContain(expected.userDataMark);
      expect(seen?.said).not.toContain("user_data");
    }
  });

  it.each(each(expected.volumes))("%s: disks", async (file, meant) => {
    expect(await readVolumes(await callAnswered(file))).toEqual(meant);
  });

  it.each(each(expected.addresses))("%s: EIPs", async (file, meant) => {
    expect(await readAddresses(await callAnswered(file))).toMatchObject(meant);
  });

  it.each(each(expected.ports))("%s: ports", async (file, meant) => {
    expect(await readPorts(await callAnswered(file))).toEqual(meant);
  });

  it.each(each(expected.members))("%s: members", async (file, meant) => {
    const members = await readMembers(await callAnswered(file));
    expect(members).toMatchObject(meant);
    expect(members.map(({ serverId }) => serverId)).toEqual([undefined, meant[1].serverId]);
  });

  it.each(each(expected.rules))("%s: rules", async (file, meant) => {
    expect((await readAllRules(await callAnswered(file))).map(securityRule)).toMatchObject(meant);
  });

  it.each(each(expected.groups))("%s: groups", async (file, meant) => {
    const groups = await readSecurityGroups(await callAnswered(file));
    expect([...groups.values()].map(({ name }) => name)).toEqual(meant);
  });

  it.each(each(expected.scalingGroups))("%s: scaling groups", async (file, meant) => {
    expect(await readScalingGroups(await callAnswered(file))).toMatchObject([meant]);
  });

  it.each(each(expected.scalingMembers))("%s: members of a scaling group", async (file, meant) => {
    const [group] = [
      { id: "g", name: "", minSize: 0, desiredCapacity: 0, members: 0, status: "", securityGroupIds: [] },
    ];
    expect(await readScalingMembers(await callAnswered(file), [group])).toMatchObject([meant]);
  });

  it.each(each(expected.dnatRules))("%s: rules of a NAT gateway", async (file, meant) => {
    expect(await readPublicRules(await callAnswered(file))).toEqual(meant);
  });

  it.each(each(expected.vaults))("%s: vaults", async (file, meant) => {
    expect(await readVaults(await callAnswered(file))).toEqual([meant]);
  });

  it.each(each(expected.backups))("%s: backups, none of them ours", async (file, meant) => {
    // The example shows one element of the list.
    const call = await callAnswered(file, 200, (body) =>
      JSON.stringify({ backups: [JSON.parse(body).backup], count: 1 }),
    );
    expect(await readBackups(call)).toEqual([meant]);
    expect(await readBackupRows(call, {})).toEqual([{ id: meant.id, copies: [] }]);
  });

  it.each(each(expected.jobs))("%s: a job, and each part of it", (file, meant) => {
    const sight = jobSight(new Wire(JSON.parse(readFileSync(`${home}/${file}`, "utf8")), file));
    expect({ status: sight.status, parts: [...sight.parts] }).toMatchObject(meant);
  });

  it.each(each(expected.databases))("%s: databases", async (file, meant) => {
    expect(await readDatabases(await callAnswered(file))).toEqual([meant]);
  });

  it.each(each(expected.errors))("%s: an error with its code", async (file, [status, code, cloudCode]) => {
    const call = await callAnswered(file, status);
    const error = await readVolumes(call).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!DecommissionError.isInstance(error)) throw error;
    expect(error.problem).toMatchObject({ code, cloudCode, cloud: "huawei" });
  });

  it.each(each(expected.empty))("%s: success without a body is never an empty list", async (file, status) => {
    const call = await callAnswered(file, status);
    await expect(call.requests.read("vpc", "GET /v1/{project_id}/ports", {})).resolves.toBeDefined();
    await expect(readPorts(call)).rejects.toMatchObject({ code: "service" });
  });

  it("follows a marker to the end, and takes the same page twice for trouble rather than for all there is", async () => {
    // The example names a next page, and this server answers every page with it.
    const call = await callAnswered("elb/ListPools/otc-doc-1.json");
    await expect(readPools(call)).rejects.toMatchObject({ code: "service" });
  });
});
