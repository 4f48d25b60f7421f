import type { JsonObject } from "../../../../src/common.js";
import type { AwsAction, AwsRequestContext, AwsRoute } from "../state.js";
import { ec2ShapeErrors, parseShape, plainShapeErrors, type RecordShape, type ShapeErrors } from "../wire/shape.js";

/** One service: how its requests are told, read and answered. */
export interface Service {
  /** Name in the log and in the endpoint map: IAM's, and `elb` for the classic load balancer. */
  readonly name: string;
  /** Name in the signature. */
  readonly signedAs: string;
  readonly protocol: AwsRoute["protocol"];
  /** Query protocols: `Version`. */
  readonly version?: string;
  /** XML namespace of answers. */
  readonly namespace?: string;
  /** JSON protocols: what stands before the dot in `X-Amz-Target`. */
  readonly target?: string;
  /** The same in every Region (IAM, Route 53, Savings Plans). */
  readonly global: boolean;
  readonly operations: ReadonlyMap<string, ServiceOperation>;
  readonly shapeErrors: ShapeErrors;
}
/** One operation of a service. */
export interface ServiceOperation {
  readonly shape: RecordShape;
  readonly action: AwsAction;
  readonly http?: HttpBinding;
}
/** Where a REST service has an operation. */
export interface HttpBinding {
  readonly method: string;
  /** As in the API reference: `/clusters/{clusterName}/node-groups`. */
  readonly template: string;
  readonly path: RegExp;
  /** Parameters in the path, in order. */
  readonly inPath: readonly string[];
  /** Names in the query string, and the parameters they carry. */
  readonly inQuery: ReadonlyMap<string, string>;
}
/** One operation as a row of data. `parameters` in the notation of `parseShape`. */
export interface OperationRow {
  readonly parameters: string;
  /** REST services: `GET /clusters/{clusterName}?maxResults&next-token=nextToken`. */
  readonly http?: string;
  readonly mutating?: boolean;
  handle(context: AwsRequestContext): JsonObject;
}

type Head = Pick<Service, "name"> & Partial<Omit<Service, "operations" | "shapeErrors">>;

/** A service from its rows. */
export function service(head: Head & Pick<Service, "protocol">, rows: Readonly<Record<string, OperationRow>>): Service {
  const operations = Object.entries(rows).map(([name, { parameters, http, mutating = false, handle }]) => {
    const operation: ServiceOperation = {
      shape: parseShape(parameters),
      action: { mutating, handle },
      ...(http === undefined ? {} : { http: parseBinding(http) }),
    };
    return [name, operation] as const;
  });
  return complete(head, new Map(operations));
}

/** A service whose parameters and actions stand in tables of their own. */
export function tableService(
  head: Head & Pick<Service, "protocol">,
  parameters: Readonly<Record<string, string>>,
  actions: Readonly<Record<string, AwsAction>>,
): Service {
  const operations = Object.entries(actions).map(
    ([name, action]) => [name, { shape: parseShape(parameters[name] ?? ""), action }] as const,
  );
  return complete(head, new Map(operations));
}

function complete(head: Head & Pick<Service, "protocol">, operations: Service["operations"]): Service {
  const json = head.protocol === "json" || head.protocol === "rest-json";
  return {
    signedAs: head.name,
    global: false,
    ...head,
    operations,
    shapeErrors:
      head.protocol === "ec2" ? ec2ShapeErrors : plainShapeErrors(json ? "ValidationException" : "ValidationError"),
  };
}

function parseBinding(http: string): HttpBinding {
  const [method = "", target = ""] = http.split(" ");
  const [template = "", query = ""] = target.split("?");
  return {
    method,
    template,
    path: new RegExp(`^${template.replace(/\{\w+\}/g, "([^/]+)")}/?$`),
    inPath: [...template.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name),
    inQuery: new Map(
      query
        .split("&")
        .filter(Boolean)
        .map((part) => {
          const [wire = "", name = wire] = part.split("=");
          return [wire, name];
        }),
    ),
  };
}

/** A moment as JSON services write it: seconds since the epoch. */
export function epoch(time: number): number {
  return time / 1_000;
}
