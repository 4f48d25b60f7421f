const en = {
  plan: "Plan {digest} ({kind}): {reason}",
  made: "Made {created}. Start before {expires}, finish before {finish}.",
  counts: "{all} instances: {going} to go, {blocked} blocked.",
  as: "{place} as {principal}",
  instance: "instance",
  name: "name",
  state: "state",
  steps: "steps",
  around: "what hangs on it",
  wayBack: "way back",
  yes: "yes",
  no: "no",
  notFound: "not found",
  blocked: "BLOCKED",
  waived: "waived",
  bills: "bills",
  refund: "refund",
  lost: "lost",
  goes: "{count} go",
  stays: "{count} stay",
  keepsBilling: "{count} bill",
  claim: "claim",
  snapshot: "snapshot",
  verify: "verify",
  revert: "give back",
  recover: "recover",
  terminate: "terminate",
  quarantine: "quarantine {hours} h",
  release: "release {kinds}",
  free: "free leftovers",
  closeRules: "close {count} rules",
  emptyGroup: "empty group ({count} rules)",
} as const;

/** Every text of an explained plan. */
export type PlanWords = { readonly [Key in keyof typeof en]: string };

const zh: PlanWords = {
  plan: "计划 {digest}（{kind}）：{reason}",
  made: "制定于 {created}。须在 {expires} 前开始，在 {finish} 前结束。",
  counts: "共 {all} 台实例：{going} 台将处理，{blocked} 台被阻止。",
  as: "{place}，身份 {principal}",
  instance: "实例",
  name: "名称",
  state: "状态",
  steps: "步骤",
  around: "依赖",
  wayBack: "可恢复",
  yes: "是",
  no: "否",
  notFound: "未找到",
  blocked: "被阻止",
  waived: "已豁免",
  bills: "继续计费",
  refund: "退款",
  lost: "无法恢复",
  goes: "{count} 项删除",
  stays: "{count} 项保留",
  keepsBilling: "{count} 项计费",
  claim: "声明占用",
  snapshot: "快照",
  verify: "核验",
  revert: "归还",
  recover: "恢复",
  terminate: "释放实例",
  quarantine: "隔离 {hours} 小时",
  release: "解除 {kinds}",
  free: "释放遗留资源",
  closeRules: "关闭 {count} 条规则",
  emptyGroup: "清空安全组（{count} 条规则）",
};

/** The texts in one language. */
export function planWords(locale: "en" | "zh"): PlanWords {
  return locale === "zh" ? zh : en;
}

/** A text with its fields filled in. */
export function fillIn(text: string, fields: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(fields[name] ?? whole));
}
