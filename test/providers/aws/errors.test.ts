import { EC2Client, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it, onTestFinished } from "vitest";
import { cloudCodeOf, translate } from "../../../providers/aws/errors.js";
import { startHttp } from "./http.js";

const request = { service: "ec2", action: "TerminateInstances", parameters: {} };

/** An error as the SDK throws it for an answer of the cloud. */
function answered(code: string, status = 400, message = "no") {
  return Object.assign(new Error(message), {
    name: code,
    Code: code,
    $metadata: { httpStatusCode: status, requestId: "req-1" },
    $response: { headers: { date: "Mon, 23 Nov 2026 20:00:00 GMT", authorization: "AWS4-HMAC-SHA256 secret" } },
  });
}

describe("errors of AWS", () => {
  const meanings = {
    RequestLimitExceeded: "throttled",
    Throttling: "throttled",
    LimitExceededException: "throttled",
    TransactionInProgressException: "throttled",
    UnauthorizedOperation: "access-denied",
    AccessDeniedException: "access-denied",
    ExpiredToken: "authentication",
    "InvalidInstanceID.NotFound": "not-found",
    NotFoundException: "not-found",
    NoSuchHostedZone: "not-found",
    "InvalidInstanceID.Malformed": "invalid-request",
    OperationNotPermitted: "protected",
    UnsupportedOperation: "unsupported",
    IncorrectInstanceState: "wrong-state",
    DependencyViolation: "dependency",
    ConcurrentSnapshotLimitExceeded: "quota",
    SnapshotLimitExceeded: "quota",
    TooManyTargets: "quota",
    "InvalidSnapshot.InUse": "dependency",
    RequestTimeout: "timeout",
    "InvalidPermission.Duplicate": "conflict",
    InternalError: "service",
  } as const;
  for (const [code, meaning] of Object.entries(meanings)) {
    it(`reads ${code} as ${meaning}, and keeps the cloud's own word`, () => {
      expect(translate(answered(code), request).problem).toMatchObject({
        code: meaning,
        cloudCode: code,
        requestId: "req-1",
        cloud: "aws",
      });
    });
  }

  it("takes a code nobody mapped for unexpected, never for a guess", () => {
    const { problem, executed } = translate(answered("SomethingNew"), request);
    expect(problem.code).toBe("unexpected");
    expect(problem.hint).not.toBe("");
    expect(executed).toBe("no");
  });

  it.each(["InvalidAction", "UnknownOperationException", "NotImplemented"])(
    "reads %s as an action that is not known there, which is not the caller's mistake",
    (code) => {
      expect(translate(answered(code), request)).toMatchObject({ problem: { code: "unsupported" }, executed: "no" });
    },
  );

  // RFC 9110, 501 Not Implemented: a stand-in of AWS can dress it as any code.
  it("reads any code with the status of what is not built as an action that is not known there", () => {
    expect(translate(answered("InternalFailure", 501), request).problem.code).toBe("unsupported");
  });

  it("believes a missing path of a service that names its answer, whatever the status", () => {
    expect(translate(answered("SomethingNew", 404), request).problem.code).toBe("unexpected");
  });

  it("reads a modelled error by the cloud's code, not by the class the SDK makes of it", () => {
    const error = Object.assign(answered("TargetGroupNotFound"), { name: "TargetGroupNotFoundException" });
    expect(cloudCodeOf(error)).toBe("TargetGroupNotFound");
    expect(translate(error, request).problem.code).toBe("not-found");
  });

  it("takes no name of JavaScript's own for a code of the cloud", () => {
    expect(cloudCodeOf(new TypeError("undefined is not a function"))).toBeUndefined();
    expect(translate(new TypeError("x"), request).problem).not.toHaveProperty("cloudCode");
  });

  it("says which of the two protections refused, and for which instance", () => {
    const refusal = (attribute: string) =>
      translate(
        answered(
          "OperationNotPermitted",
          400,
          `The instance 'i-0123456789abcdef0' may not be terminated. Modify its '${attribute}' instance attribute and try again.`,
        ),
        request,
      ).problem;
    expect(refusal("disableApiStop").message).toContain("stop protection");
    expect(refusal("disableApiTermination").message).toContain("termination protection");
    expect(refusal("disableApiStop").instanceIds).toEqual(["i-0123456789abcdef0"]);
  });

  it("names every instance that a refusal names, once", () => {
    const text = "The instance IDs 'i-0123456789abcdef0, i-1a2b3c4d' do not exist: i-1a2b3c4d";
    const { problem } = translate(answered("InvalidInstanceID.NotFound", 400, text), request);
    expect(problem.instanceIds).toEqual(["i-0123456789abcdef0", "i-1a2b3c4d"]);
  });

  it("takes nothing else of the cloud's own text, which can hold anything", () => {
    const text = "You are not authorized. Encoded authorization failure message: AbCdEf-secret-blob";
    expect(JSON.stringify(translate(answered("UnauthorizedOperation", 403, text), request))).not.toContain(
      "secret-blob",
    );
  });

  it("puts no header into a problem", () => {
    expect(JSON.stringify(translate(answered("InternalError", 500), request).problem)).not.toContain("HMAC");
  });
});

describe("errors of AWS: what may have happened", () => {
  const executed = {
    "a refusal": [answered("UnauthorizedOperation", 403), "no"],
    "a throttle with a server's status": [answered("RequestLimitExceeded", 503), "no"],
    "a server error": [answered("InternalError", 500), "maybe"],
    "a request that AWS did not wait for": [answered("RequestTimeout", 400), "maybe"],
    "a success that cannot be read": [
      Object.assign(new Error("XML parse error"), { $metadata: { httpStatusCode: 200 } }),
      "maybe",
    ],
    "a reset that the SDK calls a timeout": [
      Object.assign(new Error("socket hang up"), { name: "TimeoutError", code: "ECONNRESET" }),
      "maybe",
    ],
    "a time-out": [Object.assign(new Error("late"), { name: "TimeoutError", code: "ETIMEDOUT" }), "maybe"],
    "a refused connection": [Object.assign(new Error("refused"), { code: "ECONNREFUSED" }), "no"],
    "a name that leads nowhere": [Object.assign(new Error("nowhere"), { code: "ENOTFOUND" }), "no"],
    "something else entirely": [new Error("what"), "maybe"],
  } as const;
  for (const [what, [error, expected]] of Object.entries(executed)) {
    it(`takes ${what} for executed: ${expected}`, () => {
      expect(translate(error, request).executed).toBe(expected);
    });
  }

  it("judges by Node's code before the SDK's name: a reset is the network's", () => {
    const reset = Object.assign(new Error("socket hang up"), { name: "TimeoutError", code: "ECONNRESET" });
    expect(translate(reset, request).problem.code).toBe("network");
  });

  it("lets a DecommissionError through as it is", async () => {
    const { DecommissionError } = await import("../../../src/errors.js");
    const error = new DecommissionError({ code: "missing-package", message: "m", hint: "h" });
    expect(translate(error, request).problem).toBe(error.problem);
  });
});

describe("errors of AWS, as the SDK really throws them", () => {
  async function thrown(status: number, headers: Record<string, string>, body: string): Promise<unknown> {
    const http = await startHttp((_, response) => response.writeHead(status, headers).end(body));
    const client = new EC2Client({
      region: "eu-west-1",
      endpoint: http.url,
      credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" },
      maxAttempts: 1,
    });
    onTestFinished(async () => {
      client.destroy();
      await http.close();
    });
    return await client.send(new TerminateInstancesCommand({ InstanceIds: ["i-0123456789abcdef0"] })).then(
      () => undefined,
      (error: unknown) => error,
    );
  }
  const xml = { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": "req-9" };

  it("reads EC2's own form of an error", async () => {
    const body =
      "<Response><Errors><Error><Code>OperationNotPermitted</Code><Message>The instance 'i-0123456789abcdef0' may not be " +
      "terminated. Modify its 'disableApiStop' instance attribute and try again.</Message></Error></Errors>" +
      "<RequestID>ea966190</RequestID></Response>";
    const { problem, executed } = translate(await thrown(400, xml, body), request);
    expect(problem).toMatchObject({ code: "protected", cloudCode: "OperationNotPermitted", requestId: "req-9" });
    expect(problem.message).toContain("stop protection");
    expect(executed).toBe("no");
  });

  it.each([
    ["a service whose path it does not have", 404],
    ["a method it does not take", 405],
    ["what it has not built", 501],
  ])("calls a web page about %s what that endpoint cannot do", async (_, status) => {
    const { problem } = translate(await thrown(status, { "content-type": "text/html" }, "<html>oops</html>"), request);
    expect(problem).toMatchObject({ code: "unsupported", hint: expect.stringContaining("endpoint") });
    expect(problem).not.toHaveProperty("cloudCode");
  });

  it("calls a web page with a server's error the service's trouble", async () => {
    const { problem } = translate(await thrown(502, { "content-type": "text/html" }, "<html>oops</html>"), request);
    expect(problem.code).toBe("service");
  });
});
