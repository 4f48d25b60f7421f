import { addressHolders } from "../../../src/address-holders.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { singleAddress } from "../../../src/rules/addresses.js";
import type { HuaweiCall } from "../call.js";
import { readNetwork } from "../listings.js";
import { hidesRows } from "./hides-rows.js";
import type { HuaweiSource, HuaweiSurvey } from "./survey.js";

const source = "vpc:ListAddressGroup";

/** Lists of addresses that rules can name. */
export const addressListSources: readonly HuaweiSource[] = [
  {
    kind: "address-list",
    source,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(source, await listsFor(survey)),
  },
];

/** An address group with its members: addresses, ranges `a-b`, and networks. */
export interface AddressGroup {
  readonly id: string;
  readonly name: string;
  readonly members: readonly string[];
}

/** All address groups of the project. Members come as texts, in newer ones with a remark each. */
export async function readAddressGroups(call: HuaweiCall): Promise<readonly AddressGroup[]> {
  const rows = await readNetwork(call, "GET /v3/{project_id}/vpc/address-groups", "address_groups");
  return rows.map((row) => ({
    id: row.need("id"),
    name: row.text("name") ?? "",
    members: [...row.texts("ip_set"), ...row.list("ip_extra_set").flatMap((member) => member.text("ip") ?? [])],
  }));
}

async function listsFor({ call, instances }: HuaweiSurvey): Promise<readonly Finding[]> {
  const holders = addressHolders(instances.map(({ record }) => record));
  return (await readAddressGroups(call)).flatMap(({ id, name, members }) =>
    [...new Set(members)].flatMap((member) => {
      const ip = singleAddress(member) ?? "";
      return (holders.get(ip) ?? []).map(
        ({ instanceId }): Finding => ({
          instanceId,
          node: { kind: "address-list", id, name, billing: "none" },
          edge: {
            relation: "references",
            effect: "report",
            atTermination: "kept",
            why: `The address group ${name || id} holds ${ip}: rules that name the group let in whoever gets the address next.`,
          },
        }),
      );
    }),
  );
}
