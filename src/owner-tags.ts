import type { DependencyKind } from "./dependencies.js";
import type { Finding } from "./findings.js";

/** A tag by which an owner marks what it made. */
export interface OwnerTag {
  readonly key: RegExp;
  readonly kind: DependencyKind;
  readonly owner: string;
  /** What to do instead of ending the instance itself. Without it the tag proves no owner, and is only shown. */
  readonly unblock?: string;
  /** The owner's id, where it is not the tag's value. */
  readonly id?: (key: string, value: string) => string;
}

/** How owners mark what is theirs on one cloud. */
export interface OwnerTags {
  readonly tags: readonly OwnerTag[];
  /** Who alone can set a tag that starts like the cloud's own. */
  readonly setter: string;
  /** Whether only a service of the cloud can have set a key, and it may be an owner's. */
  isMark(key: string): boolean;
}

/** The owners that an instance's tags name. An owner's tag blocks; an unknown mark of the cloud is shown. */
export function ownersByTag(
  instanceId: string,
  tags: Iterable<readonly [string, string]>,
  known: OwnerTags,
): readonly Finding[] {
  const findings = new Map<string, Finding>();
  for (const [key, value] of tags) {
    const finding = ownerFinding(instanceId, key, value, known) ?? unknownMark(instanceId, key, known);
    if (finding) findings.set(`${finding.node.kind}/${finding.node.id}`, finding);
  }
  return [...findings.values()];
}

/** Whose a thing is by its tags, in words, so that it is not ours to change; `undefined` where they say nothing. */
export function ownerInWords(
  tags: Readonly<Record<string, string>>,
  { tags: known }: Pick<OwnerTags, "tags">,
): string | undefined {
  for (const key of Object.keys(tags)) {
    const tag = known.find((candidate) => candidate.key.test(key));
    if (tag) return `a ${tag.owner} (tag ${key})`;
  }
  return undefined;
}

function ownerFinding(instanceId: string, key: string, value: string, { tags }: OwnerTags): Finding | undefined {
  const tag = tags.find((candidate) => candidate.key.test(key));
  if (!tag) return undefined;
  const named = tag.id?.(key, value) ?? value;
  const id = named === "" || named === "true" ? key : named;
  const proves = tag.unblock !== undefined;
  return {
    instanceId,
    node: { kind: tag.kind, id, billing: "unknown" },
    edge: {
      relation: proves ? "owned-by" : "inferred",
      effect: proves ? "blocks" : "report",
      atTermination: "kept",
      why: `The tag ${key} says that the ${tag.owner} ${id} owns it.`,
      ...(proves ? { unblock: tag.unblock } : {}),
    },
  };
}

function unknownMark(instanceId: string, key: string, { isMark, setter }: OwnerTags): Finding | undefined {
  if (!isMark(key)) return undefined;
  return {
    instanceId,
    node: { kind: "other", id: key, billing: "unknown" },
    edge: {
      relation: "inferred",
      effect: "report",
      atTermination: "unknown",
      why: `Only ${setter} can set the tag ${key}: find out which one, and whether it needs this instance.`,
    },
  };
}
