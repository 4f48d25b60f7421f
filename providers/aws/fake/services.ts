import { autoScalingActions, autoScalingParameters } from "./autoscaling/index.js";
import { ec2Actions } from "./ec2/index.js";
import { ec2Parameters } from "./ec2/parameters.js";
import { balancerActions, balancerParameters } from "./elasticloadbalancing/index.js";
import type { AwsAction, AwsRoute } from "./state.js";
import { stsActions, stsParameters } from "./sts.js";
import { ec2ShapeErrors, parseShape, plainShapeErrors, type RecordShape, type ShapeErrors } from "./wire/shape.js";

/** One service that speaks the query protocol. */
export interface QueryService {
  /** Name in the log and in the endpoint map: IAM's, and `elb` for the classic load balancer. */
  readonly name: string;
  /** Name in the signature. */
  readonly signedAs: string;
  readonly version: string;
  readonly protocol: AwsRoute["protocol"];
  readonly namespace: string;
  readonly shapes: ReadonlyMap<string, RecordShape>;
  readonly shapeErrors: ShapeErrors;
  readonly actions: Readonly<Record<string, AwsAction>>;
}

function service(
  spec: Omit<QueryService, "shapes" | "shapeErrors" | "signedAs"> & {
    readonly signedAs?: string;
    readonly parameters: Readonly<Record<string, string>>;
  },
): QueryService {
  const { parameters, ...rest } = spec;
  return {
    signedAs: spec.name,
    ...rest,
    shapes: new Map(Object.entries(parameters).map(([action, line]) => [action, parseShape(line)])),
    shapeErrors: spec.protocol === "ec2" ? ec2ShapeErrors : plainShapeErrors("ValidationError"),
  };
}

/** The services that speak a query protocol, with their versions and namespaces. */
export const queryServices: readonly QueryService[] = [
  service({
    name: "ec2",
    version: "2016-11-15",
    protocol: "ec2",
    namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
    parameters: ec2Parameters,
    actions: ec2Actions,
  }),
  service({
    name: "sts",
    version: "2011-06-15",
    protocol: "query",
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    parameters: stsParameters,
    actions: stsActions,
  }),
  service({
    name: "autoscaling",
    version: "2011-01-01",
    protocol: "query",
    namespace: "http://autoscaling.amazonaws.com/doc/2011-01-01/",
    parameters: autoScalingParameters,
    actions: autoScalingActions,
  }),
  service({
    name: "elasticloadbalancing",
    version: "2015-12-01",
    protocol: "query",
    namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    parameters: balancerParameters,
    actions: balancerActions,
  }),
];
