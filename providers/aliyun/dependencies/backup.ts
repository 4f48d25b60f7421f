import { type Finding, findingsOf } from "../../../src/findings.js";
import { readBulk } from "../bulk.js";
import { listing } from "./rows.js";
import type { AliyunSource } from "./survey.js";

const source = "hbr:DescribePolicyBindings";
/** Ids of one DescribePolicyBindings; its largest page is as large (its request model). */
const bindingsPerRequest = 100;

/** Policies of Cloud Backup that the instances are bound to. */
export const backupSources: readonly AliyunSource[] = [
  listing("backup-policy", source, "report", async ({ call, instances }) => {
    const rows = await readBulk(
      call,
      {
        service: "hbr",
        action: "DescribePolicyBindings",
        whole: { SourceType: "UDM_ECS" },
        some: (ids) => ({ SourceType: "UDM_ECS", DataSourceIds: JSON.stringify(ids) }),
        batch: bindingsPerRequest,
        keysOf: (row) => [row.text("DataSourceId") ?? ""],
      },
      instances.map(({ record }) => record.id),
    );
    return findingsOf(
      source,
      rows.map(
        (row): Finding => ({
          instanceId: row.need("DataSourceId"),
          node: { kind: "backup-policy", id: row.need("PolicyId"), billing: "continues" },
          edge: {
            relation: "member",
            effect: "report",
            atTermination: "kept",
            why: "Cloud Backup keeps copies of it by this policy: binding and copies stay, and the copies bill.",
          },
        }),
      ),
    );
  }),
];
