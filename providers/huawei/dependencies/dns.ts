import { type AddressHolder, addressHolders } from "../../../src/address-holders.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { HuaweiCall } from "../call.js";
import { hidesRows } from "./hides-rows.js";
import type { HuaweiSource, HuaweiSurvey } from "./survey.js";

const recordSource = "dns:ListRecordSets";
const pointerSource = "dns:ListPtrRecords";
/** Largest page of DNS ("Querying all record sets", limit). */
const recordPageLimit = 500;

/** Names that lead to the servers' addresses. */
export const dnsSources: readonly HuaweiSource[] = [
  {
    kind: "dns-record",
    source: recordSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(recordSource, recordsFor(await readRecords(survey.call), holdersOf(survey))),
  },
  {
    kind: "dns-record",
    source: pointerSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(pointerSource, recordsFor(await readPointers(survey.call), holdersOf(survey))),
  },
];

/** A name and the addresses it leads to; a pointer the other way round. */
export interface NameRecord {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly values: readonly string[];
}

/** All records of the account's public zones, and of its private ones. */
export async function readRecords(call: HuaweiCall): Promise<readonly NameRecord[]> {
  const list = { field: "recordsets", limit: recordPageLimit, by: "offset" } as const;
  const zones = await Promise.all(
    ["public", "private"].map((zone_type) => call.pages("dns", "GET /v2.1/recordsets", { query: { zone_type } }, list)),
  );
  return zones.flat().map((row) => ({
    id: row.need("id"),
    name: row.text("name") ?? "",
    type: row.text("type") ?? "",
    values: row.texts("records"),
  }));
}

/** Names that EIPs of the region answer to in reverse. */
export async function readPointers(call: HuaweiCall): Promise<readonly NameRecord[]> {
  const list = { field: "floatingips", limit: recordPageLimit, by: "offset" } as const;
  const rows = await call.pages("dns", "GET /v2/reverse/floatingips", {}, list);
  return rows.flatMap((row) => {
    const address = row.text("address");
    const name = row.text("ptrdname");
    // An EIP without a name of its own is listed as well.
    return address === undefined || name === undefined
      ? []
      : [{ id: row.need("id"), name, type: "PTR", values: [address] }];
  });
}

function holdersOf({ instances }: HuaweiSurvey): ReadonlyMap<string, readonly AddressHolder[]> {
  return addressHolders(instances.map(({ record }) => record));
}

/** Records that name one of these addresses, by whose it is. */
export function recordsFor(
  records: readonly NameRecord[],
  holders: ReadonlyMap<string, readonly { readonly instanceId: string }[]>,
): readonly Finding[] {
  return records.flatMap(({ id, name, type, values }) =>
    values.flatMap((value) =>
      (holders.get(value) ?? []).map(
        ({ instanceId }): Finding => ({
          instanceId,
          node: { kind: "dns-record", id, name, billing: "none" },
          edge: {
            relation: "references",
            effect: "report",
            atTermination: "kept",
            why: `The ${type} record ${name} names ${value}: whoever gets that address next gets what the name stands for.`,
          },
        }),
      ),
    ),
  );
}
