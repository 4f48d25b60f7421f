// A yearly/monthly server on the fake, as somebody retires it who installed the ECS client of Huawei Cloud and no other.
import { type HuaweiOptions, huawei } from "cloud-decom/huawei";
import { fakeHuawei } from "cloud-decom/huawei/fake";

const region = "cn-north-4";
const fake = fakeHuawei({ region });
fake.seed([{ id: "web", billing: "prepaid", expiresAt: "2030-01-01T00:00:00Z" }]);
const id = fake.id("web");
const loopback = await fake.listen();
const credentials = { ak: "HPUAEXAMPLE", sk: "example" };
const options: HuaweiOptions = { region, credentials, endpoint: loopback.endpoint, clock: fake.clock };

const cloud = huawei(options);
const before = await cloud.listDependencies([id]);
const record = before.instances.flatMap((each) => (each.status === "found" ? [each.record] : []));
const snapshots = await cloud.snapshot([id], { runId: "packaging" });
const data = { proofs: snapshots.flatMap((each) => (each.status === "completed" ? each.proofs : [])) };
const refused = await cloud.terminate([id], { data });
const ended = await cloud.terminate([id], { data, prepaid: "unsubscribe" });
const verdicts = await cloud.verifyDeleted(record, { before });
await loopback.close();

console.log(
  JSON.stringify({
    snapshots: snapshots.map((each) => each.status),
    refused: refused.map((each) => each.status),
    ended: ended.map((each) => each.status),
    verdicts: verdicts.map((each) => each.status),
    unavailable: before.coverage.filter(({ status }) => status === "unavailable").map(({ source }) => source),
    stands: fake.holds("web"),
  }),
);

/** Never called: what must not compile. */
export function rejected() {
  // @ts-expect-error A date is no client.
  huawei({ region, clients: { ecs: new Date() } });
  // @ts-expect-error A region is needed.
  huawei({});
}
