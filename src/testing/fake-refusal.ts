/** The cloud says no: thrown by a fake's handlers, rendered in the cloud's own error envelope. */
export class CloudRefusal extends Error {
  readonly cloudCode: string;
  readonly httpStatus: number;
  /** Further fields of the envelope, such as the failures of single servers. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(cloudCode: string, message: string, httpStatus = 400, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "CloudRefusal";
    this.cloudCode = cloudCode;
    this.httpStatus = httpStatus;
    this.details = details;
  }
}

/** Short form of `new CloudRefusal(...)`, to be thrown. */
export function refusal(cloudCode: string, message: string, httpStatus?: number): CloudRefusal {
  return new CloudRefusal(cloudCode, message, httpStatus);
}

/**
 * A connection that broke without an answer. With both `code` and `errno` msw turns it into a real ECONNRESET under
 * every SDK; any other error it turns into a 500. The loopback server closes the socket.
 */
export class ConnectionDropped extends Error {
  readonly code = "ECONNRESET";
  readonly errno = -104;
  readonly syscall = "read";

  constructor() {
    super("socket hang up");
    this.name = "ConnectionDropped";
  }
}

/** A seed that asks for something this cloud does not have. `field` is the path in the seed. */
export function unsupportedSeed(cloud: string, field: string, why: string): Error {
  return new Error(`The ${cloud} fake cannot seed \`${field}\`: ${why}`);
}
