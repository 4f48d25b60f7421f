import { DescribeInstancesCommand, EC2Client, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { http } from "msw";
import { setupServer } from "msw/node";
import { afterEach, expect, it, vi } from "vitest";
import { fakeAws } from "../../../../providers/aws/fake/index.js";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

it("answers the SDK's requests to AWS's own hosts under msw, and drops connections there too", async () => {
  const cloud = fakeAws({ staleReadsMs: 0 });
  const server = setupServer(...cloud.handlers(http.all));
  server.listen({ onUnhandledRequest: "error" });
  closers.push(() => server.close());
  const settings = {
    region: "eu-west-1",
    credentials: { accessKeyId: "AKIAHOME", secretAccessKey: "never checked" },
    maxAttempts: 1,
  };
  const ec2 = new EC2Client(settings);
  const sts = new STSClient(settings);
  closers.push(
    () => ec2.destroy(),
    () => sts.destroy(),
  );
  cloud.seed([{ id: "web" }]);
  expect((await sts.send(new GetCallerIdentityCommand({}))).Account).toBe("123456789012");
  expect((await ec2.send(new DescribeInstancesCommand({}))).Reservations).toHaveLength(1);
  // msw prints what a resolver throws; here that is the point.
  const silence = vi.spyOn(console, "error").mockImplementation(() => undefined);
  closers.push(() => silence.mockRestore());
  cloud.faults.add({ fault: "drop-after", mutating: true });
  const lost = ec2.send(new TerminateInstancesCommand({ InstanceIds: [cloud.id("web")] }));
  await expect(lost).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(cloud.holds("web")).toBe(false);
});
