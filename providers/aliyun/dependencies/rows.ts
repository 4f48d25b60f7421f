import type { DependencyKind } from "../../../src/dependencies.js";
import type { AliyunSource } from "./survey.js";

type Reader = AliyunSource["read"];

/** A row whose findings stand in rows that are seen already: nothing can be hidden there. */
export function ownWord(kind: DependencyKind, source: string, gate: AliyunSource["gate"], read: Reader): AliyunSource {
  return { kind, source, gate, hidesRows: false, read };
}

/**
 * A row that asks a listing which RAM grants for all resources or not at all ("Resource type" in the authorization
 * information of its page): who may not see everything is denied.
 */
export function allOrNothing(
  kind: DependencyKind,
  source: string,
  gate: AliyunSource["gate"],
  read: Reader,
): AliyunSource {
  return { kind, source, gate, hidesRows: false, read };
}

/**
 * A row that asks a listing of its own. Nearly all services authorize by resource and resource group, and what a policy of
 * some groups makes of a listing of all is documented nowhere: an empty one counts only with a control.
 */
export function listing(kind: DependencyKind, source: string, gate: AliyunSource["gate"], read: Reader): AliyunSource {
  return { kind, source, gate, hidesRows: true, read };
}
