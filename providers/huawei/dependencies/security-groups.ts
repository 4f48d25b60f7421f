import { chunk } from "../../../src/batch.js";
import { ownerInWords } from "../../../src/owner-tags.js";
import type { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { readNetwork } from "../listings.js";
import { tagList } from "../tag-forms.js";
import { ownerMarks } from "./owner-tags.js";

/** A security group, as far as decisions need it. It belongs to no network: any port of the project can be in it. */
export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  /** The group of this name is made with the project and cannot be deleted. */
  readonly isDefault: boolean;
  /** What made it, where it is another service. */
  readonly managedBy?: string;
}

/** What one rule says, in VPC v3's own words: enough to judge it, and to put it back. */
export interface RuleFacts {
  readonly id: string;
  readonly groupId: string;
  readonly direction: string;
  readonly action: string;
  readonly remoteIpPrefix?: string;
  readonly remoteGroupId?: string;
  readonly remoteAddressGroupId?: string;
  readonly description?: string;
  readonly wire: Wire;
}

const groupsAction = "GET /v3/{project_id}/vpc/security-groups";
const rulesAction = "GET /v3/{project_id}/vpc/security-group-rules";
/** Groups that one request for rules names, so that its URL stays short. */
const groupsPerRequest = 50;

/** All groups of the project. */
export async function readSecurityGroups(call: HuaweiCall): Promise<ReadonlyMap<string, SecurityGroup>> {
  const rows = await readNetwork(call, groupsAction, "security_groups");
  return new Map(rows.map((row) => [row.need("id"), securityGroup(row)]));
}

function securityGroup(row: Wire): SecurityGroup {
  const name = row.text("name") ?? "";
  const managedBy = ownerInWords(tagList(row), ownerMarks);
  return { id: row.need("id"), name, isDefault: name === "default", ...(managedBy === undefined ? {} : { managedBy }) };
}

/** Every rule of the project: which of them name an address no filter tells. */
export async function readAllRules(call: HuaweiCall): Promise<readonly RuleFacts[]> {
  return (await readNetwork(call, rulesAction, "security_group_rules")).map(ruleFacts);
}

/** The rules of these groups. */
export async function readRulesOf(call: HuaweiCall, groupIds: readonly string[]): Promise<readonly RuleFacts[]> {
  const pieces = await Promise.all(
    chunk(groupIds, groupsPerRequest).map((piece) =>
      readNetwork(call, rulesAction, "security_group_rules", { security_group_id: [...piece] }),
    ),
  );
  return pieces.flat().map(ruleFacts);
}

function ruleFacts(wire: Wire): RuleFacts {
  const remoteIpPrefix = wire.text("remote_ip_prefix");
  const remoteGroupId = wire.text("remote_group_id");
  const remoteAddressGroupId = wire.text("remote_address_group_id");
  const description = wire.text("description");
  return {
    id: wire.need("id"),
    groupId: wire.need("security_group_id"),
    direction: wire.need("direction"),
    action: wire.text("action") ?? "allow",
    ...(remoteIpPrefix === undefined ? {} : { remoteIpPrefix }),
    ...(remoteGroupId === undefined ? {} : { remoteGroupId }),
    ...(remoteAddressGroupId === undefined ? {} : { remoteAddressGroupId }),
    ...(description === undefined ? {} : { description }),
    wire,
  };
}
