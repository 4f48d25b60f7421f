import { fakeCloud } from "../../../src/testing/fake-cloud.js";
import type { FakeDefinition } from "../../../src/testing/fake-definition.js";
import type { FakeCloud, FakeOptions } from "../../../src/testing/world.js";
import { actions } from "./actions.js";
import { type AliyunKind, idForms } from "./ids.js";
import { changeInstance, giveAddressAway, holds, remove } from "./meddle.js";
import { seedWorld } from "./seed/index.js";
import { type AliyunState, copyState, emptyState } from "./state.js";
import { viewOf } from "./view.js";
import { errors, refuse, respond } from "./wire/answers.js";
import { type AliyunRoute, routeOf } from "./wire/request.js";
import { defaultRegion, services } from "./wire/services.js";

const aliyun: FakeDefinition<AliyunState, AliyunRoute, AliyunKind> = {
  cloud: "aliyun",
  defaults: {
    accountId: "1234567890123456",
    region: defaultRegion,
    // No page tells how far reads lag behind. Releases, orders and detachments take their time by themselves.
    staleReadsMs: 0,
  },
  idForms,
  actions,
  hosts: /\.aliyuncs\.com$/,
  // Never with a path: the SDK would send it twice. Services are told apart by version.
  endpoints: (base) => Object.fromEntries(Object.values(services).map(({ name }) => [name, base])),
  route: routeOf,
  respond,
  refuse,
  errors,
  newState: emptyState,
  copy: copyState,
  requestId: ({ hex }) => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`.toUpperCase(),
  seed: seedWorld,
  holds,
  view: viewOf,
  change: changeInstance,
  remove,
  giveAddressAway,
};

/**
 * A stateful Alibaba Cloud that the official SDK talks to: ECS and, as far as retiring a server touches them, VPC, CLB,
 * ALB, NLB, GWLB, ESS, ACK, RDS, Redis, MongoDB, PolarDB, NAS, BSS, RAM, STS, DNS, CloudMonitor, Cloud Backup and KMS.
 * Reads do not lag unless `staleReadsMs` or a fault makes them.
 */
export function fakeAliyun(options: FakeOptions = {}): FakeCloud {
  return fakeCloud(aliyun, options);
}
