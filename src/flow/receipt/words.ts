import { zh, zhStory, zhTerms } from "./words-zh.js";

/** The languages a receipt can be rendered in. */
export type Locale = "en" | "zh";

const en = {
  title: "Decommission receipt",
  undoTitle: "Undo receipt",
  followUpTitle: "Follow-up receipt",
  summary: "Summary",
  run: "Run",
  reason: "Reason",
  ticket: "Ticket",
  state: "State",
  started: "Started",
  ended: "Ended",
  planDigest: "Plan digest",
  clean: "Clean",
  yes: "yes",
  no: "no",
  unknown: "unknown",
  instances: "Instances",
  instance: "Instance",
  name: "Name",
  where: "Where",
  status: "Status",
  verdict: "Verdict",
  billingStopped: "Billing stopped",
  wayBack: "Recoverable until",
  problem: "What stood in the way",
  approvals: "Approvals",
  approvedBy: "Approved by",
  key: "Key",
  at: "At",
  required: "Required",
  solo: "One person worked alone and said so; plans of up to {count} instances may go without another's approval.",
  noApproval: "No approval was needed.",
  proofs: "Saved copies",
  copy: "Copy",
  disk: "Disk",
  size: "Size",
  pointInTime: "Data of",
  keptUntil: "Kept until",
  removedBy: "Removed by",
  encrypted: "Encrypted",
  noProofs: "No copy was made.",
  rules: "Firewall rules taken away",
  rule: "Rule",
  group: "Group",
  because: "Because",
  noRules: "No rule was taken away.",
  leftovers: "What is still there",
  kind: "Kind",
  billing: "Billing",
  why: "Why",
  monthly: "A month, about",
  total: "Estimated total a month",
  noLeftovers: "Nothing was found.",
  notChecked: "What was not checked",
  source: "Source",
  gate: "Weight",
  allChecked: "Everything was checked.",
  unsettled: "Requests whose result is not known",
  allSettled: "None: every request has a known result.",
  standing: "Effects that still stand",
  timeline: "Timeline",
  graph: "What hung on the servers",
  journal: "Journal",
  records: "{count} records, head {head}",
  signed: "signed",
  unsigned: "not signed: it shows accidents, not attackers",
  redacted: "Masked in this receipt: {what}",
  erasure: "Erasure of data: not attested by API. No cloud's API states that data was erased.",
  plus: "and {count} more",
  contents: "Contents",
  id: "Id",
  description: "Description",
  copies: "Copies made",
  leftoverCosts: "What is left costs a month, about",
  change: "Change",
  undoneBy: "Way back",
  noStanding: "None: nothing that was changed stands on a server that is still there.",
  showAll: "All {count}",
  wentWell: "{count} went as planned",
  servers: "{count} servers",
  legendFirst: "stands in the way, or is released first",
  legendGoes: "goes with its server",
  legendStays: "stays",
} as const;

/** Every text of a receipt. */
export type Words = { readonly [Key in keyof typeof en]: string };

/** A language: its texts, its terms, and how it tells a line of a story. */
export interface Language {
  readonly locale: Locale;
  readonly words: Words;
  term(word: string): string;
  /** A text with its fields filled in. */
  fill(text: string, fields: Readonly<Record<string, string | number>>): string;
  story(kind: string, said: string, fields: { readonly subject?: string; readonly status?: string }): string;
}

/** The texts of a receipt in one language. */
export function languageOf(locale: Locale): Language {
  const term = (word: string) => (locale === "zh" ? (zhTerms[word] ?? word) : word);
  const fill: Language["fill"] = (text, fields) =>
    text.replace(/\{(\w+)\}/g, (whole, name: string) => String(fields[name] ?? whole));
  return {
    locale,
    words: locale === "zh" ? zh : en,
    term,
    fill,
    story: (kind, said, { subject = "", status = "" }) => {
      const text = locale === "zh" ? zhStory[kind] : undefined;
      return text === undefined ? said : fill(text, { subject, status: term(status) });
    },
  };
}
