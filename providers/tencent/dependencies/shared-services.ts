import { addressHolders } from "../../../src/address-holders.js";
import { mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { singleAddress } from "../../../src/rules/addresses.js";
import { hidesRows } from "./controls.js";
import { byAddress, type TencentSource, type TencentSurvey } from "./survey.js";

const fileSource = "cfs:DescribeCfsRules";
const commitmentSource = "billing:DescribeSavingPlanResourceInfo";
const flowSource = "vpc:DescribeFlowLogs";
/** Rules are asked for by permission group. */
const concurrency = 8;

/** File systems that let an instance in by its address, savings plans, and flow logs of its interfaces. */
export const sharedServiceSources: readonly TencentSource[] = [
  {
    kind: "file-system",
    source: fileSource,
    gate: "report",
    hidesRows,
    read: async (survey) => byAddress(survey, findingsOf(fileSource, await fileRules(survey))),
  },
  {
    kind: "commitment",
    source: commitmentSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(commitmentSource, await savingsPlans(survey)),
  },
  {
    kind: "traffic-mirror",
    source: flowSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(flowSource, await flowLogs(survey)),
  },
];

async function fileRules({ call, instances }: TencentSurvey): Promise<readonly Finding[]> {
  const { body } = await call.read("cfs", "DescribeCfsPGroups", {});
  const holders = addressHolders(instances.map(({ record }) => record));
  const found = await mapConcurrent(body.needList("PGroupList"), concurrency, async (group) => {
    const id = group.need("PGroupId");
    const name = group.text("Name") ?? id;
    const rules = (await call.read("cfs", "DescribeCfsRules", { PGroupId: id })).body.needList("RuleList");
    return rules.flatMap((rule) => {
      const ip = singleAddress(rule.text("AuthClientIp") ?? "") ?? "";
      return (holders.get(ip) ?? []).map(
        ({ instanceId }): Finding => ({
          instanceId,
          node: { kind: "file-system", id, name, billing: "none" },
          edge: {
            relation: "references",
            effect: "report",
            atTermination: "kept",
            why: `A rule of the permission group ${name} lets ${ip} in, whoever has it next.`,
          },
        }),
      );
    });
  });
  return found.flat();
}

/** The answer tells how many plans there are, and nothing else: what is not used of them is paid all the same. */
async function savingsPlans({ call, instances }: TencentSurvey): Promise<readonly Finding[]> {
  const { body } = await call.read("billing", "DescribeSavingPlanResourceInfo", { Offset: 0, Limit: 1 });
  const count = Number(body.need("Total"));
  if (count === 0) return [];
  return instances
    .filter(({ record }) => record.billing.unified === "on-demand")
    .map(
      ({ record }): Finding => ({
        instanceId: record.id,
        node: { kind: "commitment", id: "savings-plans", billing: "continues" },
        edge: {
          relation: "inferred",
          effect: "report",
          atTermination: "kept",
          why: `The account has ${count} savings plans, which may cover it: what is not used of them is paid all the same.`,
        },
      }),
    );
}

/** Flow logs of single interfaces. This listing names its total otherwise, so its end is a page that is not full. */
async function flowLogs({ call, instances }: TencentSurvey): Promise<readonly Finding[]> {
  const holders = new Map(
    instances.flatMap(({ record }) => record.networkInterfaces.map(({ id }) => [id, record.id] as const)),
  );
  const list = { field: "FlowLog", id: "FlowLogId" };
  const rows = await call.pages("vpc", "DescribeFlowLogs", { ResourceType: "NETWORKINTERFACE" }, list);
  return rows.flatMap((row): readonly Finding[] => {
    const instanceId = holders.get(row.text("ResourceId") ?? "");
    if (instanceId === undefined) return [];
    const name = row.text("FlowLogName");
    return [
      {
        instanceId,
        node: {
          kind: "traffic-mirror",
          id: row.need("FlowLogId"),
          ...(name === undefined ? {} : { name }),
          billing: "unknown",
        },
        edge: {
          relation: "references",
          effect: "report",
          atTermination: "kept",
          why: "It logs the traffic of an interface of the instance. What it collected stays, and bills.",
        },
      },
    ];
  });
}
