// The operations on the fake, as somebody writes them who installed the ECS package and nothing else of Alibaba Cloud.
import Ecs from "@alicloud/ecs20140526";
import { $OpenApiUtil } from "@alicloud/openapi-core";
import type { SnapshotProof } from "cloud-decom";
import { type AliyunOptions, aliyun } from "cloud-decom/aliyun";
import { fakeAliyun } from "cloud-decom/aliyun/fake";

const region = "cn-hangzhou";
const fake = fakeAliyun({ region });
const expiresAt = "2026-12-31T00:00:00Z";
fake.seed([
  { id: "web", disks: [{ role: "system" }, { role: "data", deletedWithInstance: true }] },
  { id: "paid", billing: "prepaid", expiresAt, refund: { quote: { amount: "12.50", currency: "CNY" } } },
]);
const id = fake.id("web");
const loopback = await fake.listen();
const credentials = { accessKeyId: "LTAI5tEXAMPLE", accessKeySecret: "example" };
const options: AliyunOptions = { region, credentials, endpoint: loopback.endpoint, clock: fake.clock };

const cloud = aliyun(options);
const before = await cloud.listDependencies([id]);
const record = before.instances.flatMap((each) => (each.status === "found" ? [each.record] : []));
const snapshots = await cloud.snapshot([id], { runId: "packaging" });
const proofs: readonly SnapshotProof[] = snapshots.flatMap((each) => (each.status === "completed" ? each.proofs : []));
const ended = await cloud.terminate([id], { data: { proofs } });
const verdicts = await cloud.verifyDeleted(record, { before });
// Billing is another service: the generic client that the ECS package brings speaks to it.
const refund = { prepaid: "unsubscribe", data: { discard: "nothing in it" }, dryRun: true } as const;
const [quoted] = await cloud.terminate([fake.id("paid")], refund);

// A ready client of theirs fits the option.
const { host } = new URL(loopback.endpoint.ecs ?? loopback.url);
const ready = new Ecs.default(
  new $OpenApiUtil.Config({ ...credentials, regionId: region, endpoint: host, protocol: "http" }),
);
const through = aliyun({ ...options, clients: { ecs: ready } });
const seenAgain = await through.listDependencies([fake.id("paid")]);
await loopback.close();

console.log(
  JSON.stringify({
    snapshots: snapshots.map((each) => each.status),
    proofs: proofs.length,
    ended: ended.map((each) => each.status),
    verdicts: verdicts.map((each) => each.status),
    unavailable: before.coverage.filter((line) => line.status === "unavailable").map((line) => line.source),
    refund: quoted?.status === "would-terminate" ? quoted.refund?.amount : quoted?.status,
    through: seenAgain.instances.map((each) => each.status),
    stands: [fake.holds("web"), fake.holds("paid")],
  }),
);

/** Never called: what must not compile. */
export function refused() {
  // @ts-expect-error A Date is no client.
  aliyun({ region, clients: { ecs: new Date() } });
  // @ts-expect-error A region is needed.
  aliyun({});
}
