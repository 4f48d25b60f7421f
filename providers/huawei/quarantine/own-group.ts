import { createHash } from "node:crypto";
import type { OwnMark } from "../../../src/own-tags.js";
import type { Artifact } from "../../../src/snapshots.js";
import { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { readNetwork } from "../listings.js";

/** What the description of an isolation group says. It holds 255 characters, so of its servers it names the first. */
interface Note {
  readonly run: string;
  readonly attempt: number;
  readonly created: string;
  readonly server: string;
}

/** The name of a run's isolation group: at most 64 characters, fewer than a run id can have, so it carries a hash. */
export function groupName(runId: string): string {
  return `cloud-decom-isolation-${createHash("sha256").update(runId).digest("hex").slice(0, 24)}`;
}

/** The description of an isolation group, which tells that it is ours. */
export function groupNote({ runId, attempt, instanceIds }: OwnMark, created: string): string {
  const note: Note = { run: runId, attempt, created, server: instanceIds[0] ?? "" };
  return JSON.stringify(note);
}

function noteIn(description: string): Note | undefined {
  try {
    const note = new Wire(JSON.parse(description), "description");
    return {
      run: note.need("run"),
      attempt: note.number("attempt") ?? 0,
      created: note.date("created") ?? "",
      server: note.need("server"),
    };
  } catch {
    // Somebody else's words.
    return undefined;
  }
}

/** A group with its name and description. */
export interface GroupRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
}

/** Every security group of the project. */
export async function readGroupRows(call: HuaweiCall): Promise<readonly GroupRow[]> {
  const rows = await readNetwork(call, "GET /v3/{project_id}/vpc/security-groups", "security_groups");
  return rows.map((row) => ({
    id: row.need("id"),
    name: row.text("name") ?? "",
    description: row.text("description") ?? "",
  }));
}

/** A group that is ours by its name and description; `undefined` for any other. */
export function ownGroup({ scope }: HuaweiCall, { id, name, description }: GroupRow): Artifact | undefined {
  const note = noteIn(description);
  if (!note || name !== groupName(note.run)) return undefined;
  return {
    ...scope,
    kind: "security-group",
    id,
    runId: note.run,
    attempt: note.attempt,
    instanceIds: [note.server],
    diskIds: [],
    createdAt: note.created,
    tags: {},
  };
}

/** All isolation groups that are ours, of one run or of every run. */
export async function readOwnGroups(call: HuaweiCall, runId?: string): Promise<readonly Artifact[]> {
  const own = (await readGroupRows(call)).flatMap((row) => ownGroup(call, row) ?? []);
  return own.filter((artifact) => runId === undefined || artifact.runId === runId);
}
