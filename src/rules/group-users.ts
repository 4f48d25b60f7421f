import type { Problem } from "../errors.js";

/** Something that uses a security group. */
export interface GroupUse {
  readonly groupId: string;
  /** What it is to its cloud: an interface, a template, a share. */
  readonly kind: string;
  readonly id: string;
  /** The instance behind it. Absent: the user is no instance of this account. */
  readonly instanceId?: string;
  /** What it is, in words. */
  readonly what: string;
}

/** Who uses some groups, as far as it could be read. */
export interface GroupUsers<Use extends GroupUse = GroupUse> {
  readonly uses: readonly Use[];
  /** Sources that could not be read. One of them keeps a group: a user may stand in it. */
  readonly unchecked: readonly { readonly source: string; readonly problem: Problem }[];
}
