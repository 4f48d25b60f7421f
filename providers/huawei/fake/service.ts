import type { JsonObject } from "../../../src/common.js";
import type { HuaweiAction, HuaweiRequestContext } from "./state.js";
import { checkBody, checkQuery, parseShape } from "./wire/shape.js";

/** A request whose parameters fit their tables. */
export type Asked = HuaweiRequestContext & {
  readonly path: Readonly<Record<string, string>>;
  readonly query: JsonObject;
  readonly body: JsonObject;
};
/** Answers a request. */
export type Handler = (asked: Asked) => JsonObject | undefined;
/** How an action differs from most. */
export interface ActionOptions {
  /** Status of a success, where it is not 200 with a body and 204 without. */
  readonly success?: number;
}
/** Makes the actions of one service from the tables of their parameters and a handler. */
export interface Service {
  /** A request that changes nothing: its query. */
  read(query: string, handle: Handler): HuaweiAction;
  /** A request that changes nothing although it is a POST: its body. */
  ask(body: string, handle: Handler): HuaweiAction;
  /** A request that changes something: its body. */
  write(body: string, handle: Handler, options?: ActionOptions): HuaweiAction;
  /** A request that removes something: its query. */
  remove(query: string, handle: Handler, options?: ActionOptions): HuaweiAction;
}

/**
 * A service with its code for a bad request. Which code that is matters little: the pages name it for few services,
 * and HTTP 400 says as much.
 */
export function service(bad: string): Service {
  const action = (query: string, body: string, handle: Handler, mutating: boolean, options: ActionOptions = {}) => {
    const shapes = { query: parseShape(query), body: parseShape(body) };
    return {
      mutating,
      ...options,
      handle: (context: HuaweiRequestContext) => {
        const { route } = context;
        const asked: Asked = {
          ...context,
          path: route.path,
          query: checkQuery(shapes.query, route.query, bad),
          body: checkBody(shapes.body, route.body, bad),
          // Still a getter, so that what runs later reads the time it runs at.
          get now() {
            return context.now;
          },
        };
        return handle(asked);
      },
    };
  };
  return {
    read: (query, handle) => action(query, "", handle, false),
    ask: (body, handle) => action("", body, handle, false),
    write: (body, handle, options) => action("", body, handle, true, options),
    remove: (query, handle, options) => action(query, "", handle, true, options),
  };
}

/** Elastic Cloud Server: "Ecs.0005, request body is illegal". */
export const ecs = service("Ecs.0005");
/** Elastic Volume Service. */
export const evs = service("EVS.0001");
/** Virtual Private Cloud with Elastic IP. */
export const vpc = service("VPC.0007");
/** Elastic Load Balance. */
export const elb = service("ELB.8902");
/** Auto Scaling. */
export const autoScaling = service("AS.0001");
/** Cloud Backup and Recovery. */
export const cbr = service("BackupService.6600");
/** Billing: "CBC.0100, parameter error". */
export const bss = service("CBC.0100");
/** Services of which nothing is known but that they say 400. */
export const plain = service("APIGW.0106");
