import type { JsonObject, JsonValue } from "../../common.js";
import type { FakeContext, FakeDefinition, FakeRequest, FakeRoute } from "../fake-definition.js";
import { CloudRefusal, refusal } from "../fake-refusal.js";
import { billingActions } from "./actions/billing.js";
import { diskActions } from "./actions/disks.js";
import { instanceActions } from "./actions/instances.js";
import { networkActions } from "./actions/network.js";
import { ownerActions } from "./actions/owners.js";
import { become, release } from "./lifecycle.js";
import type { MemoryFeatures } from "./options.js";
import { changeInstance, seedInto } from "./seeding.js";
import { emptyState, type MemoryKind, type MemoryState } from "./state.js";
import { holds, view } from "./view.js";

/** The access key of the account that seeds go to, and its secret. */
export const memoryCredentials = { accessKey: "MEMORYACCESSKEY01", secret: "memory-secret-that-must-not-show" };

/** A made-up cloud, as plain as a cloud can be: JSON in, JSON out. Its adapter talks to it without a network. */
export function memoryCloud(features: MemoryFeatures): FakeDefinition<MemoryState, FakeRoute, MemoryKind> {
  return {
    cloud: "memory",
    defaults: { accountId: "100000000001", region: "memory-1", staleReadsMs: 0 },
    idForms: {
      instance: idForm("vm"),
      disk: idForm("disk"),
      address: idForm("addr"),
      interface: idForm("nic"),
      group: idForm("grp"),
      network: idForm("net"),
      snapshot: idForm("snap"),
      rule: idForm("rule"),
      owner: idForm("own"),
      timer: idForm("timer"),
    },
    actions: {
      ...instanceActions(features),
      ...diskActions(features),
      ...networkActions(features),
      ...ownerActions(),
      ...billingActions(features),
    },
    hosts: /\.memory\.invalid$/,
    endpoints: (base) => ({ cloud: base }),
    route,
    respond: (result, _route, requestId) => ({
      status: 200,
      headers: { "content-type": "application/json", "x-request-id": requestId },
      body: JSON.stringify(result ?? {}),
    }),
    refuse: (refused, _route, requestId) => ({
      status: refused.httpStatus,
      headers: { "content-type": "application/json", "x-request-id": requestId },
      body: JSON.stringify({ code: refused.cloudCode, message: refused.message, ...refused.details }),
    }),
    errors: {
      denied: ({ action }) => refusal("AccessDenied", `The caller may not ${action}.`, 403),
      throttled: () => refusal("Throttled", "Too many requests.", 429),
      internal: () => refusal("InternalError", "Something went wrong here.", 500),
      unknownAction: ({ action }, nearest) =>
        refusal("UnknownAction", `There is no action ${action}. The nearest are ${nearest.join(", ")}.`, 404),
      unknownCredentials: () => refusal("UnknownCredentials", "Nobody has this access key.", 401),
    },
    newState: emptyState,
    seed: (context, seed) => seedInto(context, seed, features),
    holds,
    view: (state) => view(state, features),
    change: (context, seed) => changeInstance(context, seed, features),
    remove: removeAnything,
    giveAddressAway: ({ state }, id) => {
      const address = state.addresses.get(id);
      if (!address) throw new Error(`No address ${id} is held.`);
      state.addresses.delete(id);
      state.strangers.push({ id, ip: address.ip });
    },
  };
}

function idForm(prefix: string) {
  return {
    pattern: new RegExp(`^${prefix}-[0-9a-f]{8}$`),
    make: ({ hex }: { hex(length: number): string }) => `${prefix}-${hex(8)}`,
  };
}

function route({ url, headers, body }: FakeRequest): FakeRoute {
  const parameters = parse(body);
  const ids = [parameters.id, parameters.instanceId, ...listOf(parameters.ids), ...listOf(parameters.instanceIds)];
  const [accessKey, secret] = (headers.get("authorization") ?? "").replace("Memory ", "").split(":");
  if (!accessKey || secret === undefined) throw refusal("Unsigned", "The request is not signed.", 401);
  return {
    service: "cloud",
    action: url.pathname.slice(1),
    parameters,
    instanceIds: ids.filter((id) => typeof id === "string" && id.startsWith("vm-")).map(String),
    accessKey,
    region: headers.get("x-region") ?? "",
    project: headers.get("x-project") ?? "",
  };
}

function parse(body: string): JsonObject {
  const value: unknown = JSON.parse(body);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refusal("MalformedRequest", "The body is no object.");
  }
  return Object.fromEntries(Object.entries(value));
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function removeAnything(context: FakeContext<MemoryState, MemoryKind>, id: string): void {
  const { state } = context;
  const instance = state.instances.get(id);
  if (instance) {
    become(instance, "terminating");
    release(context, instance);
    return;
  }
  const disk = state.disks.get(id);
  if (disk && disk.attachments.length > 0) throw new CloudRefusal("DiskInUse", `Disk ${id} is attached.`);
  const found = [state.disks, state.addresses, state.snapshots, state.groups, state.owners].some((map) =>
    map.delete(id),
  );
  if (!found) throw new Error(`There is no ${id} to remove.`);
}
