import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { momentOf } from "../times.js";
import type { Backup } from "./backups.js";
import { hidesRows } from "./hides-rows.js";
import type { HuaweiSource, HuaweiSurvey } from "./survey.js";

const source = "ims:ListImages";
/** Images of one page ("Querying images", limit). */
const imagePageLimit = 500;

/** Images made from the servers, finished and under way. */
export const imageSources: readonly HuaweiSource[] = [
  {
    kind: "image",
    source,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(source, await ofServers(survey, imageFinding)),
  },
  {
    kind: "pending-operation",
    source,
    gate: "required",
    hidesRows,
    read: async (survey) =>
      findingsOf(
        source,
        await ofServers(survey, (image, id) =>
          underWay.has(image.text("status") ?? "") ? pendingFinding(image, id) : undefined,
        ),
      ),
  },
];

/** States of an image that is not whole yet ("Image attributes", status). */
const underWay = new Set(["queued", "saving"]);

/** The project's own images. */
export async function readImages(call: HuaweiCall): Promise<readonly Wire[]> {
  const list = { field: "images", limit: imagePageLimit };
  return await call.pages("ims", "GET /v2/cloudimages", { query: { __imagetype: "private" } }, list);
}

/**
 * The server each image was made from: `instance,<id>` ("Image attributes", __data_origin), or for one of a whole server
 * the server of the backup it stands on (__backup_id). Backups are read where an image stands on one.
 */
export async function serversOfImages(
  images: readonly Wire[],
  readBackups: () => Promise<readonly Backup[]>,
): Promise<readonly { readonly image: Wire; readonly serverId: string }[]> {
  const backups = images.some((image) => backupOf(image) !== undefined) ? await readBackups() : [];
  const resources = new Map(backups.map(({ id, resourceId }) => [id, resourceId]));
  return images.flatMap((image) => {
    const serverId = originOf(image, "instance") ?? resources.get(backupOf(image) ?? "");
    return serverId === undefined ? [] : [{ image, serverId }];
  });
}

function backupOf(image: Wire): string | undefined {
  return image.text("__backup_id") ?? originOf(image, "server_backup");
}

function originOf(image: Wire, wanted: string): string | undefined {
  const [kind, id] = (image.text("__data_origin") ?? "").split(",");
  return kind === wanted ? id : undefined;
}

async function ofServers(
  { instances, reads }: HuaweiSurvey,
  finding: (image: Wire, instanceId: string) => Finding | undefined,
): Promise<readonly Finding[]> {
  const asked = new Set(instances.map(({ record }) => record.id));
  const made = await serversOfImages(await reads.images(), reads.backups);
  return made.flatMap(({ image, serverId }) => (asked.has(serverId) ? (finding(image, serverId) ?? []) : []));
}

/** An image as a thing that stays and bills. */
export function imageFinding(image: Wire, instanceId: string): Finding {
  const name = image.text("name");
  const since = momentOf(image.text("created_at"));
  return {
    instanceId,
    node: {
      kind: "image",
      id: image.need("id"),
      ...(name === undefined ? {} : { name }),
      ...(since === undefined ? {} : { since }),
      billing: "continues",
    },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: "It was made from this server: it stays, and its storage bills until it is deleted.",
    },
  };
}

function pendingFinding(image: Wire, instanceId: string): Finding {
  const id = image.need("id");
  return {
    instanceId,
    node: { kind: "pending-operation", id, billing: "none" },
    edge: {
      relation: "references",
      effect: "blocks",
      atTermination: "unknown",
      why: `The image ${id} is still being made from it.`,
      unblock: "Wait until it is active.",
    },
  };
}
