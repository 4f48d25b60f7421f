// A server paid in advance on the fake, as somebody retires it who installed the Tencent Cloud SDK and no other.
import { type TencentOptions, tencent } from "cloud-decom/tencent";
import { fakeTencent } from "cloud-decom/tencent/fake";

const region = "ap-guangzhou";
const fake = fakeTencent({ region });
fake.seed([{ id: "web", billing: "prepaid", expiresAt: "2030-01-01T00:00:00Z" }]);
const id = fake.id("web");
const loopback = await fake.listen();
const credentials = { secretId: "AKIDEXAMPLE", secretKey: "example" };
const options: TencentOptions = { region, credentials, endpoint: loopback.endpoint, clock: fake.clock };

const cloud = tencent(options);
const before = await cloud.listDependencies([id]);
const record = before.instances.flatMap((each) => (each.status === "found" ? [each.record] : []));
const snapshots = await cloud.snapshot([id], { runId: "packaging" });
const data = { proofs: snapshots.flatMap((each) => (each.status === "completed" ? each.proofs : [])) };
const ended = await cloud.terminate([id], { data, prepaid: "unsubscribe" });
const verdicts = await cloud.verifyDeleted(record, { before });
const purged = await cloud.terminate([id], { data, recycleBin: "purge" });
await loopback.close();

console.log(
  JSON.stringify({
    snapshots: snapshots.map((each) => each.status),
    ended: ended.map((each) => each.status),
    verdicts: verdicts.map((each) => each.status),
    purged: purged.map((each) => each.status),
    unavailable: before.coverage.filter(({ status }) => status === "unavailable").map(({ source }) => source),
    stands: fake.holds("web"),
  }),
);

/** Never called: what must not compile. */
export function refused() {
  // @ts-expect-error A Date is no client.
  tencent({ region, clients: { cvm: new Date() } });
  // @ts-expect-error A region is needed.
  tencent({});
}
