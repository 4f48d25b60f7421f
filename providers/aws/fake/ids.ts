import type { IdForm } from "../../../src/testing/fake-ids.js";

/** Kinds of things that have ids in the fake. */
export type AwsKind = keyof typeof idForms;

/** `prefix-` and 8 to 17 hex digits; new ones have 17. */
function hexForm(prefix: string): IdForm {
  return { pattern: new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), make: ({ hex }) => `${prefix}-0${hex(16)}` };
}

/** The owner chose the name, so that a seed name is used as it is. */
function nameForm(prefix: string): IdForm {
  return { pattern: /^[\w.:/=+@ -]+$/, make: ({ letters }) => `${prefix}-${letters(8)}` };
}

/** An ARN: a seed name becomes part of one where it is assigned. */
function arnForm(pattern: RegExp): IdForm {
  return { pattern, make: ({ hex }) => `arn:aws:fake:::${hex(16)}` };
}

/** Forms of ids. */
export const idForms = {
  instance: hexForm("i"),
  reservation: hexForm("r"),
  volume: hexForm("vol"),
  snapshot: hexForm("snap"),
  image: hexForm("ami"),
  "network-interface": hexForm("eni"),
  attachment: hexForm("eni-attach"),
  address: hexForm("eipalloc"),
  association: hexForm("eipassoc"),
  "public-ip": { pattern: /^\d+(\.\d+){3}$/, make: ({ below }) => `198.18.${below(256)}.${below(256)}` },
  "host-disk": { pattern: /^i-[0-9a-f]+\/ephemeral\d+$/, make: ({ hex }) => `ephemeral-${hex(8)}` },
  "security-group": hexForm("sg"),
  "security-rule": hexForm("sgr"),
  vpc: hexForm("vpc"),
  subnet: hexForm("subnet"),
  "spot-request": { pattern: /^sir-[0-9a-z]{8,}$/, make: ({ letters }) => `sir-${letters(8)}` },
  fleet: {
    pattern: /^(fleet|sfr)-[0-9a-f-]{36}$/,
    make: ({ hex }) => `fleet-${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`,
  },
  "route-table": hexForm("rtb"),
  "key-pair": nameForm("key"),
  "key-pair-id": hexForm("key"),
  "instance-profile": arnForm(/^arn:[\w-]+:iam::\d{12}:instance-profile\/.+$/),
  "profile-association": hexForm("iip-assoc"),
  "placement-group": nameForm("pg"),
  "placement-group-id": hexForm("pg"),
  host: hexForm("h"),
  "capacity-reservation": hexForm("cr"),
  "reserved-instances": {
    pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    make: ({ hex }) => `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`,
  },
  peering: hexForm("pcx"),
  "launch-template": hexForm("lt"),
  "root-volume-task": hexForm("replacevol"),
  "event-window": hexForm("iew"),
  "mirror-session": hexForm("tms"),
  "mirror-target": hexForm("tmt"),
  "flow-log": hexForm("fl"),
  "prefix-list": hexForm("pl"),
  "network-acl": hexForm("acl"),
  "target-group": arnForm(/^arn:[\w-]+:elasticloadbalancing:[\w-]+:\d{12}:targetgroup\/.+$/),
  "load-balancer": arnForm(/^arn:[\w-]+:elasticloadbalancing:[\w-]+:\d{12}:loadbalancer\/.+$/),
  "classic-balancer": nameForm("lb"),
  "scaling-group": nameForm("asg"),
  "launch-configuration": nameForm("lc"),
  key: arnForm(/^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/.+$/),
  named: nameForm("thing"),
} as const satisfies Readonly<Record<string, IdForm>>;
