import type { Wire } from "../../../src/wire.js";

/** What a backup plan chooses ("BackupSelection", AWS Backup API reference). */
export interface BackupSelection {
  readonly resources: readonly string[];
  readonly notResources: readonly string[];
  /** One of these tags is enough. */
  readonly tags: readonly TagCondition[];
  /** All of these have to hold. */
  readonly conditions: readonly TagCondition[];
}

/** A condition on one tag. */
export interface TagCondition {
  readonly key: string;
  readonly value: string;
  readonly like: boolean;
  readonly negated: boolean;
}

/** Reads a selection. */
export function readSelection(wire: Wire | undefined): BackupSelection {
  const conditions = wire?.object("Conditions");
  const of = (field: string, like: boolean, negated: boolean) =>
    (conditions?.list(field) ?? []).map((one): TagCondition => conditionOf(one, like, negated));
  return {
    resources: wire?.texts("Resources") ?? [],
    notResources: wire?.texts("NotResources") ?? [],
    tags: (wire?.list("ListOfTags") ?? []).map((one) => conditionOf(one, false, false)),
    conditions: [
      ...of("StringEquals", false, false),
      ...of("StringNotEquals", false, true),
      ...of("StringLike", true, false),
      ...of("StringNotLike", true, true),
    ],
  };
}

/** Whether a selection chooses a thing. The partition in an ARN does not count: a plan is of one partition. */
export function matchesPolicy(
  selection: BackupSelection,
  thing: { readonly arn: string; readonly tags: Readonly<Record<string, string>> },
): boolean {
  const { resources, notResources, tags, conditions } = selection;
  if (notResources.some((pattern) => fits(thing.arn, pattern))) return false;
  const named = resources.length === 0 && tags.length === 0 && conditions.length > 0;
  const chosen =
    named ||
    resources.some((pattern) => fits(thing.arn, pattern)) ||
    tags.some((condition) => holds(condition, thing.tags));
  return chosen && conditions.every((condition) => holds(condition, thing.tags));
}

function conditionOf(wire: Wire, like: boolean, negated: boolean): TagCondition {
  return {
    key: (wire.text("ConditionKey") ?? "").replace(/^aws:ResourceTag\//, ""),
    value: wire.text("ConditionValue") ?? "",
    like,
    negated,
  };
}

function holds({ key, value, like, negated }: TagCondition, tags: Readonly<Record<string, string>>): boolean {
  const present = tags[key];
  const same = present !== undefined && (like ? fits(present, value) : present === value);
  return same !== negated;
}

function fits(text: string, pattern: string): boolean {
  const partless = (value: string) => value.replace(/^arn:aws[a-z-]*:/, "arn:");
  const words = partless(pattern)
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${words.join(".*")}$`).test(partless(text));
}
