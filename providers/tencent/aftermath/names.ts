import { addressHolders } from "../../../src/address-holders.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { readAlarms } from "../dependencies/alarms.js";
import { hidesRows } from "../dependencies/controls.js";
import { type DnsRecord, readPrivateRecords, readPublicRecords } from "../dependencies/dns.js";
import { readRulesFrom, readRulesTo } from "../dependencies/nat.js";
import { readRoutesTo } from "../dependencies/routes.js";
import { type AftermathSource, recordsOf, type TencentAftermath } from "./survey.js";

/** What still names an ended instance, or an address it had: none of it costs, all of it can lead to a stranger. */
export const namingSources: readonly AftermathSource[] = [
  naming("route", "vpc:DescribeRouteTables", async ({ call, ended }) =>
    (await readRoutesTo(call, recordsOf(ended))).map(({ instanceId, id }) =>
      nameFinding("route", instanceId, id, "It still leads to the instance: what takes it is lost."),
    ),
  ),
  naming("nat-rule", "vpc:DescribeNatGatewayDestinationIpPortTranslationNatRules", async ({ call, ended }) =>
    (await readRulesTo(call, recordsOf(ended))).map(({ instanceId, id, from, to }) =>
      nameFinding("nat-rule", instanceId, id, `${from} still leads to ${to}, whoever has that address next.`),
    ),
  ),
  naming("nat-rule", "vpc:DescribeNatGatewaySourceIpTranslationNatRules", async ({ call, ended }) =>
    (await readRulesFrom(call, recordsOf(ended))).map(({ instanceId, id }) =>
      nameFinding("nat-rule", instanceId, id, "It still lets the instance's address out, whoever has it next."),
    ),
  ),
  naming("dns-record", "dnspod:DescribeRecordList", async ({ call, ended }) =>
    recordFindings(await readPublicRecords(call), ended),
  ),
  naming("dns-record", "privatedns:DescribePrivateZoneRecordList", async ({ call, ended }) =>
    recordFindings(await readPrivateRecords(call, recordsOf(ended)), ended),
  ),
  naming("alarm", "monitor:DescribeAlarmPolicies", async ({ call, ended }) => {
    const ids = ended.map(({ id }) => id);
    return (await readAlarms(call, ids)).map(({ instanceId, id, name }) =>
      nameFinding("alarm", instanceId, id, `The alarm policy ${name} is still bound to the instance.`),
    );
  }),
];

function naming(
  kind: AftermathSource["kind"],
  source: string,
  read: (aftermath: TencentAftermath) => Promise<readonly Finding[]>,
): AftermathSource {
  return {
    kind,
    source,
    gate: "report",
    hidesRows,
    read: async (aftermath) => findingsOf(source, await read(aftermath)),
  };
}

function recordFindings(records: readonly DnsRecord[], ended: TencentAftermath["ended"]): readonly Finding[] {
  const holders = addressHolders(recordsOf(ended));
  return records.flatMap(({ id, name, value }) =>
    (holders.get(value.toLowerCase()) ?? []).map(({ instanceId }) =>
      nameFinding("dns-record", instanceId, id, `${name} still leads to ${value}, an address it had.`),
    ),
  );
}

function nameFinding(kind: AftermathSource["kind"], instanceId: string, id: string, why: string): Finding {
  return {
    instanceId,
    node: { kind, id, billing: "none" },
    edge: { relation: "references", effect: "report", atTermination: "kept", why },
  };
}
