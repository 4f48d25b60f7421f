import { chunk } from "../../../src/batch.js";
import { DecommissionError } from "../../../src/errors.js";
import type { AwsCall } from "../call.js";
import { filterLimit, pageLimit } from "../instances.js";

/**
 * Groups that are used in more networks than their own, in words. There a private address in their rules can be
 * somebody else's. Where that could not be read, every group counts as one ("Associate security groups with multiple
 * VPCs", VPC User Guide).
 */
export async function readUsersElsewhere(
  call: AwsCall,
  groupIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  try {
    const pieces = await Promise.all(
      chunk(groupIds, filterLimit).map((piece) => {
        const parameters = { Filters: [{ Name: "group-id", Values: [...piece] }], MaxResults: pageLimit };
        return call.pages("ec2", "DescribeSecurityGroupVpcAssociations", parameters, "SecurityGroupVpcAssociations");
      }),
    );
    const used = pieces.flat().filter((row) => row.text("State") !== "disassociated");
    return new Map(used.map((row) => [row.need("GroupId"), row.text("VpcId") ?? "another network"]));
  } catch (error) {
    if (!DecommissionError.isInstance(error) || error.code === "aborted") throw error;
    const why = `where could not be read (${error.problem.cloudCode ?? error.code})`;
    return new Map(groupIds.map((id) => [id, why]));
  }
}
