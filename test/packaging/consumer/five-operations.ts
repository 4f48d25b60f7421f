// The five operations on the fake, as somebody writes them who installed the EC2 client and nothing else of AWS.
import { EC2Client } from "@aws-sdk/client-ec2";
import { type CoverageLine, DecommissionError, type SnapshotProof } from "cloud-decom";
import { type AwsOptions, aws } from "cloud-decom/aws";
import { fakeAws } from "cloud-decom/aws/fake";

const region = "eu-west-1";
const fake = fakeAws({ region });
fake.seed([{ id: "web", disks: [{ role: "system" }, { role: "data", deletedWithInstance: true }] }]);
const id = fake.id("web");
const loopback = await fake.listen();
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };
const options: AwsOptions = { region, credentials, endpoint: loopback.endpoint, clock: fake.clock };

const cloud = aws(options);
const before = await cloud.listDependencies([id]);
const record = before.instances.flatMap((each) => (each.status === "found" ? [each.record] : []));
const snapshots = await cloud.snapshot([id], { runId: "packaging" });
const proofs: readonly SnapshotProof[] = snapshots.flatMap((each) => (each.status === "completed" ? each.proofs : []));
const rules = await cloud.releaseSecurityRules([id]);
const ended = await cloud.terminate([id], { data: { proofs } });
const verdicts = await cloud.verifyDeleted(record, { before });

// A ready client of theirs fits the option, and stays theirs.
const ready = new EC2Client({ region, credentials, endpoint: loopback.endpoint.ec2 ?? loopback.url });
const through = aws({ ...options, clients: { ec2: ready } });
const seenAgain = await through.listDependencies([id]);
ready.destroy();
await loopback.close();

const summary = (line: CoverageLine) => `${line.kind} ${line.source} ${line.status} ${line.reason ?? ""}`;
console.log(
  JSON.stringify({
    snapshots: snapshots.map((each) => each.status),
    proofs: proofs.length,
    rules: rules.map((each) => each.status),
    ended: ended.map((each) => each.status),
    verdicts: verdicts.map((each) => each.status),
    coverage: before.coverage.map(summary),
    through: seenAgain.instances.map((each) => each.status),
    stands: fake.holds("web"),
    isOurs: DecommissionError.isInstance(new Error("theirs")),
  }),
);

/** Never called: what must not compile. */
export function refused() {
  // @ts-expect-error A Date is no client.
  aws({ region, clients: { ec2: new Date() } });
  // @ts-expect-error A region is needed.
  aws({});
}
