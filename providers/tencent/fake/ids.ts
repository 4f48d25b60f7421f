import type { IdForm } from "../../../src/testing/fake-ids.js";

/** Kinds of things that have ids in the fake. */
export type TencentKind = keyof typeof idForms;

/** `prefix-` and eight small letters and digits: the form of nearly every id of Tencent Cloud. */
function shortForm(prefix: string): IdForm {
  return { pattern: new RegExp(`^${prefix}-[0-9a-z]{8}$`), make: ({ letters }) => `${prefix}-${letters(8)}` };
}

/** The owner chose the name, so that a seed name is used as it is. */
function nameForm(prefix: string): IdForm {
  return { pattern: /^[\w.+=,@-]+$/, make: ({ letters }) => `${prefix}-${letters(8)}` };
}

/** A UUID. */
const uuidForm: IdForm = {
  pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  make: ({ hex }) => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
};

/** A plain number. */
const numberForm: IdForm = { pattern: /^[1-9]\d{5,9}$/, make: ({ digits }) => `4${digits(8)}` };

/** Forms of ids. */
export const idForms = {
  instance: shortForm("ins"),
  disk: shortForm("disk"),
  "local-disk": shortForm("ldisk"),
  snapshot: shortForm("snap"),
  "snapshot-group": shortForm("csnap"),
  "snapshot-policy": shortForm("asp"),
  "disk-backup": shortForm("dbp"),
  interface: shortForm("eni"),
  address: shortForm("eip"),
  "version6-address": shortForm("eipv6"),
  /** An ordinary public address has no id on the wire; the view needs one. */
  "ordinary-address": shortForm("wanip"),
  "private-address": { pattern: /^\d+(\.\d+){3}$/, make: ({ below }) => `172.31.${below(256)}.${below(254) + 1}` },
  "virtual-ip": shortForm("havip"),
  "security-group": shortForm("sg"),
  "address-template": shortForm("ipm"),
  "address-template-group": shortForm("ipmg"),
  "service-template": shortForm("ppm"),
  "service-template-group": shortForm("ppmg"),
  vpc: shortForm("vpc"),
  subnet: shortForm("subnet"),
  peering: shortForm("pcx"),
  "nat-gateway": shortForm("nat"),
  "nat-rule": shortForm("dnat"),
  "source-nat-rule": shortForm("snat"),
  "route-table": shortForm("rtb"),
  "load-balancer": shortForm("lb"),
  listener: shortForm("lbl"),
  location: shortForm("loc"),
  "target-group": shortForm("lbtg"),
  "scaling-group": shortForm("asg"),
  "launch-configuration": shortForm("asc"),
  activity: shortForm("asa"),
  "launch-template": shortForm("lt"),
  cluster: shortForm("cls"),
  mysql: shortForm("cdb"),
  redis: shortForm("crs"),
  "other-database": shortForm("db"),
  image: shortForm("img"),
  "key-pair": shortForm("skey"),
  host: shortForm("host"),
  "placement-group": shortForm("ps"),
  "alarm-policy": shortForm("policy"),
  "private-zone": shortForm("zone"),
  "file-permission-group": shortForm("pgroup"),
  "file-rule": shortForm("rule"),
  "savings-plan": shortForm("sp"),
  role: nameForm("role"),
  order: { pattern: /^20\d{12,}$/, make: ({ digits }) => `20260101${digits(8)}` },
  "dns-record": numberForm,
  domain: { pattern: /^[a-z0-9-]+(\.[a-z0-9-]+)+$/, make: ({ letters }) => `${letters(8)}.example` },
  timer: uuidForm,
  key: uuidForm,
  binding: uuidForm,
} as const satisfies Readonly<Record<string, IdForm>>;
