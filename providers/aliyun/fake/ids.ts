import type { IdForm } from "../../../src/testing/fake-ids.js";

/** Kinds of things that have ids in the fake. */
export type AliyunKind = keyof typeof idForms;

/** `prefix-`, a word for the region and random letters: 20 in all, as in `i-bp67acfmxazb4p1a2b3c`. */
function letterForm(prefix: string, ...others: readonly string[]): IdForm {
  const pattern = new RegExp(`^(${[prefix, ...others].join("|")})-[0-9a-z]{17,22}$`);
  return { pattern, make: ({ letters }) => `${prefix}-bp1${letters(17)}` };
}

/** The owner chose the name, so that a seed name is used as it is. */
function nameForm(prefix: string): IdForm {
  return { pattern: /^[\w.:/=+@ -]+$/, make: ({ letters }) => `${prefix}-${letters(8)}` };
}

/** Digits alone. */
function digitForm(length: number): IdForm {
  return { pattern: new RegExp(`^[1-9]\\d{${length - 1}}$`), make: ({ digits }) => `2${digits(length - 1)}` };
}

/** Forms of ids. */
export const idForms = {
  instance: letterForm("i"),
  disk: letterForm("d"),
  snapshot: letterForm("s"),
  "snapshot-group": letterForm("ssg"),
  image: letterForm("m"),
  "network-interface": letterForm("eni"),
  address: letterForm("eip"),
  /** A static public address has no id but itself. */
  "public-ip": { pattern: /^\d+(\.\d+){3}$/, make: ({ below }) => `47.97.${below(256)}.${below(256)}` },
  "security-group": letterForm("sg"),
  "security-rule": letterForm("sgr"),
  vpc: letterForm("vpc"),
  switch: letterForm("vsw"),
  peering: letterForm("pcc"),
  "route-table": letterForm("vtb"),
  route: letterForm("rte"),
  router: letterForm("vrt"),
  "nat-gateway": letterForm("ngw"),
  "forward-table": letterForm("ftb"),
  "forward-entry": letterForm("fwd"),
  "snat-table": letterForm("stb"),
  "snat-entry": letterForm("snat"),
  "virtual-ip": letterForm("havip"),
  "load-balancer": letterForm("lb"),
  "server-group": letterForm("sgp", "rsp"),
  "scaling-group": letterForm("asg"),
  "scaling-configuration": letterForm("asc"),
  "scaling-activity": letterForm("asa"),
  "launch-template": letterForm("lt"),
  "prefix-list": letterForm("pl"),
  database: letterForm("rm", "r", "dds", "pc"),
  cluster: { pattern: /^c[0-9a-f]{32}$/, make: ({ hex }) => `c${hex(32)}` },
  stack: {
    pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    make: ({ hex }) => `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`,
  },
  key: {
    pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    make: ({ hex }) => `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`,
  },
  "key-pair": nameForm("key"),
  role: nameForm("role"),
  "deployment-set": letterForm("ds"),
  "dedicated-host": letterForm("dh"),
  "capacity-reservation": letterForm("crp"),
  "snapshot-policy": letterForm("sp"),
  "system-event": letterForm("e"),
  "backup-policy": { pattern: /^po-[0-9a-z]{17,22}$/, make: ({ letters }) => `po-000${letters(15)}` },
  domain: nameForm("example"),
  zone: { pattern: /^[0-9a-f]{32}$/, make: ({ hex }) => hex(32) },
  "dns-record": digitForm(18),
  "metric-rule": nameForm("rule"),
  "monitor-group": digitForm(9),
  "backup-job": { pattern: /^job-[0-9a-z]{17,22}$/, make: ({ letters }) => `job-000${letters(15)}` },
  "file-system": { pattern: /^((extreme|cpfs)-)?[0-9a-f]{10,16}$/, make: ({ hex }) => hex(10) },
  "reserved-instance": letterForm("ri"),
  "savings-plan": letterForm("spn"),
  order: digitForm(15),
} as const satisfies Readonly<Record<string, IdForm>>;
