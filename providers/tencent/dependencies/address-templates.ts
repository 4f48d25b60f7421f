import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";

/** All address templates of the region. This listing wants its offsets as texts. */
export async function readAddressTemplates(call: TencentCall): Promise<readonly Wire[]> {
  const list = { field: "AddressTemplateSet", id: "AddressTemplateId", asText: true } as const;
  return await call.pages("vpc", "DescribeAddressTemplates", {}, list);
}

/** All groups of address templates. */
export async function readAddressTemplateGroups(call: TencentCall): Promise<readonly Wire[]> {
  const list = { field: "AddressTemplateGroupSet", id: "AddressTemplateGroupId", asText: true } as const;
  return await call.pages("vpc", "DescribeAddressTemplateGroups", {}, list);
}
