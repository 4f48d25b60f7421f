import { mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceRecord } from "../../../src/instances.js";
import { hidesRows } from "./hides-rows.js";
import { singleAddress } from "./security-groups.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const source = "ec2:GetManagedPrefixListEntries";
/** Largest page of both prefix list APIs (EC2 API reference, MaxResults). */
const prefixListPageLimit = 100;
const concurrency = 8;

/** Managed prefix lists that name an address of the instances. Required, since an address given up may be a stranger's next. */
export const prefixListSources: readonly AwsSource[] = [
  {
    kind: "address-list",
    source,
    gate: "required",
    hidesRows,
    read: async (survey) => findingsOf(source, await listsThatName(survey)),
  },
];

async function listsThatName({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const holders = addressHolders(instances.map(({ record }) => record));
  const page = { MaxResults: prefixListPageLimit };
  const lists = await call.pages("ec2", "DescribeManagedPrefixLists", page, "PrefixLists");
  // AWS's own lists hold the ranges of its services.
  const readable = lists.filter(
    (list) => list.text("OwnerId") !== "AWS" && !list.need("PrefixListId").startsWith("com."),
  );
  const found = await mapConcurrent(readable, concurrency, async (list) => {
    const id = list.need("PrefixListId");
    const parameters = { PrefixListId: id, ...page };
    const entries = await call.pages("ec2", "GetManagedPrefixListEntries", parameters, "Entries");
    return entries.flatMap((entry) => {
      const ip = singleAddress(entry.text("Cidr") ?? "");
      return ip === undefined
        ? []
        : (holders.get(ip) ?? []).map((holder) => listFinding(holder, id, list.text("PrefixListName"), ip));
    });
  });
  return found.flat();
}

/** Who holds an address now, and whether the account loses it with the instance. */
export interface AddressHolder {
  readonly instanceId: string;
  readonly ephemeral: boolean;
}

/** The holders of every address of these instances. */
export function addressHolders(records: readonly InstanceRecord[]): ReadonlyMap<string, readonly AddressHolder[]> {
  const holders = new Map<string, AddressHolder[]>();
  const add = (ip: string, holder: AddressHolder) => holders.set(ip, [...(holders.get(ip) ?? []), holder]);
  for (const record of records) {
    for (const ip of record.privateIps) add(ip, { instanceId: record.id, ephemeral: false });
    for (const { ip, kind } of record.publicAddresses)
      add(ip, { instanceId: record.id, ephemeral: kind === "ephemeral" });
  }
  return holders;
}

function listFinding(
  { instanceId, ephemeral }: AddressHolder,
  id: string,
  name: string | undefined,
  ip: string,
): Finding {
  return {
    instanceId,
    node: { kind: "address-list", id, ...(name === undefined ? {} : { name }), billing: "none" },
    edge: {
      relation: "references",
      atTermination: "kept",
      ...(ephemeral
        ? {
            effect: "blocks",
            why: `It names ${ip}, which AWS can give to a stranger once the instance is gone.`,
            unblock: "Take the entry off the list first.",
          }
        : { effect: "report", why: `It names ${ip}. Take the entry off before that address is given up.` }),
    },
  };
}
