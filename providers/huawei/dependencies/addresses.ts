import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { PublicAddress } from "../../../src/instances.js";
import type { AddressFacts } from "../facts.js";
import { hidesRows } from "./hides-rows.js";
import type { HuaweiSource, HuaweiSurvey } from "./survey.js";

const source = "vpc:ListPublicips";

/** EIPs and their bandwidth: they stay, and bill, bound or not. */
export const addressSources: readonly HuaweiSource[] = [
  {
    kind: "public-address",
    source,
    gate: "report",
    hidesRows,
    read: async (survey) => {
      checkAddresses(survey);
      return findingsOf(
        source,
        survey.instances.flatMap(({ record, facts }) =>
          record.publicAddresses.map((address) =>
            addressFinding(
              record.id,
              address,
              facts.addresses.find(({ ip }) => ip === address.ip),
            ),
          ),
        ),
      );
    },
  },
  {
    kind: "other",
    source,
    gate: "report",
    hidesRows,
    read: async (survey) => {
      checkAddresses(survey);
      return findingsOf(
        source,
        survey.instances.flatMap(({ record, facts }) =>
          facts.addresses.flatMap(({ bandwidth }) => (bandwidth?.shared ? bandwidthFinding(record.id, bandwidth) : [])),
        ),
      );
    },
  },
];

function checkAddresses({ seen }: HuaweiSurvey): void {
  if (seen.unread.addresses) throw new DecommissionError(seen.unread.addresses);
}

function addressFinding(instanceId: string, { id, ip }: PublicAddress, facts: AddressFacts | undefined): Finding {
  const ending = facts?.prepaid ? "until its subscription is returned" : "until it is released";
  const bandwidth = facts?.bandwidth && !facts.bandwidth.shared ? " and its bandwidth bill" : " bills";
  return {
    instanceId,
    node: {
      kind: "public-address",
      id: id ?? ip,
      name: ip,
      ...(facts?.createdAt === undefined ? {} : { since: facts.createdAt }),
      billing: "continues",
    },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: "detached",
      why: `The EIP is unbound and stays; it${bandwidth} ${ending}.`,
    },
  };
}

function bandwidthFinding(instanceId: string, { id, name }: { readonly id: string; readonly name: string }): Finding {
  return {
    instanceId,
    node: { kind: "other", id, name: name === "" ? "shared bandwidth" : name, billing: "continues" },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: "An EIP of this server is on this shared bandwidth, which bills for as long as it is there.",
    },
  };
}
