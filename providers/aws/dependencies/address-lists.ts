import { type AddressHolder, addressHolders } from "../../../src/address-holders.js";
import { mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { singleAddress } from "../../../src/rules/addresses.js";
import { pageLimit } from "../instances.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const source = "ec2:GetManagedPrefixListEntries";
const aclSource = "ec2:DescribeNetworkAcls";
/** Largest page of both prefix list APIs (EC2 API reference, MaxResults). */
const prefixListPageLimit = 100;
const concurrency = 8;

/**
 * Lists that name an address of the instances: managed prefix lists and network ACLs. Required, since an address that is
 * given up may be a stranger's next.
 */
export const addressListSources: readonly AwsSource[] = [
  {
    kind: "address-list",
    source,
    gate: "required",
    hidesRows,
    read: async (survey) => findingsOf(source, await listsThatName(survey)),
  },
  {
    kind: "address-list",
    source: aclSource,
    gate: "required",
    hidesRows,
    read: async (survey) => findingsOf(aclSource, await aclsThatName(survey)),
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

async function aclsThatName({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const holders = addressHolders(instances.map(({ record }) => record));
  const acls = await call.pages("ec2", "DescribeNetworkAcls", { MaxResults: pageLimit }, "NetworkAcls");
  return acls.flatMap((acl) =>
    acl.list("Entries").flatMap((entry) => {
      const ip = singleAddress(entry.text("CidrBlock") ?? entry.text("Ipv6CidrBlock") ?? "");
      if (ip === undefined) return [];
      return (holders.get(ip) ?? []).map((holder) => listFinding(holder, acl.need("NetworkAclId"), undefined, ip));
    }),
  );
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
            unblock: "Take the entry off first.",
          }
        : { effect: "report", why: `It names ${ip}. Take the entry off before that address is given up.` }),
    },
  };
}
