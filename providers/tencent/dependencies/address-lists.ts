import { type AddressHolder, addressHolders } from "../../../src/address-holders.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { singleAddress } from "../../../src/rules/addresses.js";
import type { Wire } from "../../../src/wire.js";
import { readAddressTemplateGroups } from "./address-templates.js";
import { hidesRows } from "./controls.js";
import { byAddress, type TencentSource, type TencentSurvey } from "./survey.js";

const templateSource = "vpc:DescribeAddressTemplates";
const groupSource = "vpc:DescribeAddressTemplateGroups";

/** Address templates that name an address of an instance, and the groups those templates are in. */
export const addressListSources: readonly TencentSource[] = [
  {
    kind: "address-list",
    source: templateSource,
    gate: "required",
    hidesRows,
    read: async (survey) => {
      const templates = await templatesNaming(survey);
      return byAddress(
        survey,
        findingsOf(
          templateSource,
          templates.map(({ id, name, ip, holder }) => listFinding(id, name, `names ${ip}`, holder)),
        ),
      );
    },
  },
  {
    kind: "address-list",
    source: groupSource,
    gate: "required",
    hidesRows,
    read: async (survey) => byAddress(survey, findingsOf(groupSource, await groupsNaming(survey))),
  },
];

interface Naming {
  readonly id: string;
  readonly name: string;
  readonly ip: string;
  readonly holder: AddressHolder;
}

async function templatesNaming({ instances, reads }: TencentSurvey): Promise<readonly Naming[]> {
  const holders = addressHolders(instances.map(({ record }) => record));
  return (await reads.addressTemplates()).flatMap((row) => {
    const id = row.need("AddressTemplateId");
    const name = row.text("AddressTemplateName") ?? id;
    return addressesIn(row).flatMap((ip) => (holders.get(ip) ?? []).map((holder) => ({ id, name, ip, holder })));
  });
}

/** Entries that are one address; ranges are never about one server. */
function addressesIn(row: Wire): readonly string[] {
  const entries = [...row.texts("AddressSet"), ...row.list("AddressExtraSet").map((each) => each.need("Address"))];
  return [...new Set(entries.flatMap((entry) => singleAddress(entry) ?? []))];
}

async function groupsNaming(survey: TencentSurvey): Promise<readonly Finding[]> {
  const rows = await readAddressTemplateGroups(survey.call);
  if (rows.length === 0) return [];
  const templates = await templatesNaming(survey);
  return rows.flatMap((row) => {
    const id = row.need("AddressTemplateGroupId");
    const members = new Set(row.needTexts("AddressTemplateIdSet"));
    return templates
      .filter((template) => members.has(template.id))
      .map(({ id: templateId, ip, holder }) =>
        listFinding(
          id,
          row.text("AddressTemplateGroupName") ?? id,
          `names ${ip} by the template ${templateId}`,
          holder,
        ),
      );
  });
}

function listFinding(id: string, name: string, does: string, { instanceId, ephemeral }: AddressHolder): Finding {
  return {
    instanceId,
    node: { kind: "address-list", id, name, billing: "none" },
    edge: {
      relation: "references",
      atTermination: "kept",
      ...(ephemeral
        ? {
            effect: "blocks",
            why: `${name} ${does}, which the cloud can give to a stranger once the instance is gone.`,
            unblock: "Take the entry off first.",
          }
        : { effect: "report", why: `${name} ${does}. Take the entry off before that address is given up.` }),
    },
  };
}
