import type { IdForm } from "../../../src/testing/fake-ids.js";

/** Kinds of things that have ids in the fake. */
export type HuaweiKind = keyof typeof idForms;

/** A UUID, the form of nearly every id of Huawei Cloud. */
const uuidForm: IdForm = {
  pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  make: ({ hex }) => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
};

/** 32 hexadecimal digits without dashes, behind some first ones. */
function plainForm(first = "", last = ""): IdForm {
  return {
    pattern: new RegExp(`^${first}[0-9a-f]{${32 - first.length}}${last}$`),
    make: ({ hex }) => `${first}${hex(32 - first.length)}${last}`,
  };
}

/** The owner chose the name, so that a seed name is used as it is. */
function nameForm(prefix: string): IdForm {
  return { pattern: /^[\w.-]+$/, make: ({ letters }) => `${prefix}-${letters(8)}` };
}

/** Forms of ids. */
export const idForms = {
  instance: uuidForm,
  disk: uuidForm,
  "local-disk": uuidForm,
  attachment: uuidForm,
  snapshot: uuidForm,
  "snapshot-group": uuidForm,
  port: uuidForm,
  address: uuidForm,
  bandwidth: uuidForm,
  "private-address": { pattern: /^\d+(\.\d+){3}$/, make: ({ below }) => `192.168.250.${below(254) + 1}` },
  "virtual-ip": uuidForm,
  "sub-interface": uuidForm,
  "security-group": uuidForm,
  "security-group-rule": uuidForm,
  "address-group": uuidForm,
  vpc: uuidForm,
  subnet: uuidForm,
  peering: uuidForm,
  "route-table": uuidForm,
  "nat-gateway": uuidForm,
  "nat-rule": uuidForm,
  "load-balancer": uuidForm,
  listener: uuidForm,
  pool: uuidForm,
  member: uuidForm,
  "scaling-group": uuidForm,
  "scaling-configuration": uuidForm,
  "launch-template": uuidForm,
  cluster: uuidForm,
  node: uuidForm,
  database: plainForm("", "in01"),
  image: uuidForm,
  vault: uuidForm,
  checkpoint: uuidForm,
  backup: uuidForm,
  "backup-policy": uuidForm,
  "key-pair": nameForm("keypair"),
  agency: nameForm("agency"),
  "server-group": uuidForm,
  host: uuidForm,
  key: uuidForm,
  "dns-zone": plainForm("2c9eb155"),
  "dns-record": plainForm("2c9eb155"),
  alarm: { pattern: /^al[0-9A-Za-z]{22}$/, make: ({ letters }) => `al${letters(22)}` },
  "file-system": uuidForm,
  event: uuidForm,
  managed: nameForm("service"),
  job: plainForm("ff8080"),
  order: {
    pattern: /^CS\d{10}[0-9A-Z]{5}$/,
    make: ({ digits, letters }) => `CS${digits(10)}${letters(5).toUpperCase()}`,
  },
} as const satisfies Readonly<Record<string, IdForm>>;
