import { type AddressHolder, addressHolders } from "../../../src/address-holders.js";
import { mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { singleAddress } from "../../../src/rules/addresses.js";
import type { AliyunCall } from "../call.js";
import { type DatabaseEngine, databaseEngines, whitelistSourceOf } from "./databases.js";
import { listing } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const prefixLists = "ecs:DescribePrefixListAttributes";
/** Reads at a time: one list each. */
const concurrency = 5;

/**
 * Lists that name an address of the instances: prefix lists, and the whitelists of databases. Required, since an address
 * that is given up may be a stranger's next.
 */
export const addressListSources: readonly AliyunSource[] = [
  listing("address-list", prefixLists, "required", async ({ call, instances }) => {
    const holders = addressHolders(instances.map(({ record }) => record));
    const entries = await readPrefixListEntries(call);
    return findingsOf(
      prefixLists,
      entries.flatMap(({ id, name, cidr }) => namedIn(holders, cidr, { id, name })),
    );
  }),
  ...databaseEngines.map((engine) => {
    const source = whitelistSourceOf(engine);
    return listing("address-list", source, "required", async (survey) =>
      findingsOf(source, await whitelistsThatName(survey, engine)),
    );
  }),
];

/** Every entry of every prefix list of the region. */
export async function readPrefixListEntries(
  call: AliyunCall,
): Promise<readonly { readonly id: string; readonly name: string; readonly cidr: string }[]> {
  const lists = await call.pages("ecs", "DescribePrefixLists");
  const found = await mapConcurrent(lists, concurrency, async (list) => {
    const id = list.need("PrefixListId");
    const entries = await call.pages("ecs", "DescribePrefixListAttributes", { PrefixListId: id });
    return entries.map((entry) => ({ id, name: list.text("PrefixListName") ?? id, cidr: entry.text("Cidr") ?? "" }));
  });
  return found.flat();
}

async function whitelistsThatName(
  { instances, reads }: AliyunSurvey,
  engine: DatabaseEngine,
): Promise<readonly Finding[]> {
  const holders = addressHolders(instances.map(({ record }) => record));
  const entries = await reads.databases(engine).whitelists();
  return entries.flatMap(({ database, list, entry }) =>
    namedIn(holders, entry, {
      id: `${database.id}/${list}`,
      name: `whitelist ${list} of ${database.name ?? database.id}`,
    }),
  );
}

function namedIn(
  holders: ReadonlyMap<string, readonly AddressHolder[]>,
  entry: string,
  list: { readonly id: string; readonly name: string },
): readonly Finding[] {
  const ip = singleAddress(entry);
  return ip === undefined ? [] : (holders.get(ip) ?? []).map((holder) => listFinding(holder, list, ip));
}

function listFinding(
  { instanceId, ephemeral }: AddressHolder,
  { id, name }: { readonly id: string; readonly name: string },
  ip: string,
): Finding {
  return {
    instanceId,
    node: { kind: "address-list", id, name, billing: "none" },
    edge: {
      relation: "references",
      atTermination: "kept",
      ...(ephemeral
        ? {
            effect: "blocks",
            why: `It names ${ip}, which the cloud can give to a stranger once the instance is gone.`,
            unblock: "Take the entry off first.",
          }
        : { effect: "report", why: `It names ${ip}. Take the entry off before that address is given up.` }),
    },
  };
}
