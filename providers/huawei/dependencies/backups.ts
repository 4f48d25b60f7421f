import type { IsoDate } from "../../../src/common.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { HuaweiCall } from "../call.js";
import { momentOf } from "../times.js";
import { hidesRows } from "./hides-rows.js";
import { holdersByDisk } from "./holders.js";
import type { HuaweiSource, HuaweiSurvey } from "./survey.js";

const backupSource = "cbr:ListBackups";
const vaultSource = "cbr:ListVault";
/** Largest page of CBR's listings (limit). */
export const backupPageLimit = 1000;

/** Backups of servers and disks, under way and finished, and the vaults that make more of them. */
export const backupSources: readonly HuaweiSource[] = [
  {
    kind: "backup",
    source: backupSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(backupSource, await perHolder(survey, backupFinding)),
  },
  {
    kind: "pending-operation",
    source: backupSource,
    gate: "required",
    hidesRows,
    read: async (survey) =>
      findingsOf(
        backupSource,
        await perHolder(survey, (backup, id) => (underWay.has(backup.status) ? pendingFinding(backup, id) : undefined)),
      ),
  },
  {
    kind: "backup-policy",
    source: vaultSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(vaultSource, await associations(survey)),
  },
];

/** States of a backup that still reads the disks ("Querying a specified backup", status). */
const underWay = new Set(["protecting", "waiting_protect"]);

/** A backup of one server or one disk. */
export interface Backup {
  readonly id: string;
  readonly name: string;
  readonly resourceId: string;
  readonly vaultId: string;
  readonly status: string;
  readonly sizeGiB?: number;
  readonly createdAt?: IsoDate;
  readonly expiresAt?: IsoDate;
}

/** All backups of the project. */
export async function readBackups(call: HuaweiCall): Promise<readonly Backup[]> {
  const list = { field: "backups", limit: backupPageLimit, by: "offset" } as const;
  const rows = await call.pages("cbr", "GET /v3/{project_id}/backups", {}, list);
  return rows.map((row) => {
    const sizeGiB = row.number("resource_size");
    const createdAt = momentOf(row.text("created_at"));
    const expiresAt = momentOf(row.text("expired_at"));
    return {
      id: row.need("id"),
      name: row.text("name") ?? "",
      resourceId: row.text("resource_id") ?? "",
      vaultId: row.text("vault_id") ?? "",
      status: row.text("status") ?? "unknown",
      ...(sizeGiB === undefined ? {} : { sizeGiB }),
      ...(createdAt === undefined ? {} : { createdAt }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
  });
}

/** Vaults with what they protect: a vault bills for its capacity, whatever is in it. */
export async function readVaults(
  call: HuaweiCall,
): Promise<readonly { readonly id: string; readonly name: string; readonly resourceIds: readonly string[] }[]> {
  const list = { field: "vaults", limit: backupPageLimit, by: "offset" } as const;
  const rows = await call.pages("cbr", "GET /v3/{project_id}/vaults", {}, list);
  return rows.map((row) => ({
    id: row.need("id"),
    name: row.text("name") ?? "",
    resourceIds: row.needList("resources").flatMap((resource) => resource.text("id") ?? []),
  }));
}

async function perHolder(
  { instances, reads }: HuaweiSurvey,
  finding: (backup: Backup, instanceId: string) => Finding | undefined,
): Promise<readonly Finding[]> {
  const disks = holdersByDisk(instances);
  const asked = new Set(instances.map(({ record }) => record.id));
  return (await reads.backups()).flatMap((backup) => {
    const holders = asked.has(backup.resourceId) ? [backup.resourceId] : (disks.get(backup.resourceId) ?? []);
    return holders.flatMap((instanceId) => finding(backup, instanceId) ?? []);
  });
}

/** A backup as a thing that stays and bills. */
export function backupFinding(backup: Backup, instanceId: string): Finding {
  return {
    instanceId,
    node: {
      kind: "backup",
      id: backup.id,
      ...(backup.name === "" ? {} : { name: backup.name }),
      ...(backup.sizeGiB === undefined ? {} : { sizeGiB: backup.sizeGiB }),
      ...(backup.createdAt === undefined ? {} : { since: backup.createdAt }),
      billing: "continues",
    },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: `It takes room in the vault ${backup.vaultId}, which bills${backup.expiresAt === undefined ? "; nothing deletes it by itself" : ` until ${backup.expiresAt}`}.`,
    },
  };
}

function pendingFinding({ id, status }: Backup, instanceId: string): Finding {
  return {
    instanceId,
    node: { kind: "pending-operation", id, billing: "none" },
    edge: {
      relation: "references",
      effect: "blocks",
      atTermination: "unknown",
      why: `The backup ${id} is ${status}, and can still fail.`,
      unblock: "Wait until it is available.",
    },
  };
}

async function associations({ call, instances }: HuaweiSurvey): Promise<readonly Finding[]> {
  const disks = holdersByDisk(instances);
  const asked = new Set(instances.map(({ record }) => record.id));
  return (await readVaults(call)).flatMap((vault) => {
    const holders = vault.resourceIds.flatMap((each) => (asked.has(each) ? [each] : (disks.get(each) ?? [])));
    return [...new Set(holders)].map((instanceId) => vaultFinding(vault, instanceId));
  });
}

/** A vault as a thing that stays and bills. */
export function vaultFinding(
  { id, name }: { readonly id: string; readonly name: string },
  instanceId: string,
): Finding {
  return {
    instanceId,
    node: { kind: "backup-policy", id, ...(name === "" ? {} : { name }), billing: "continues" },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: `The vault ${name || id} is to back it up. The entry goes stale, and the vault bills for its capacity.`,
    },
  };
}
