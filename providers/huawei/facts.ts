import type { IsoDate, Tristate } from "../../src/common.js";
import type { Wire } from "../../src/wire.js";
import { given } from "./given.js";
import { tagObject } from "./tag-forms.js";
import { momentOf } from "./times.js";

/** What EVS says of one disk. */
export interface VolumeFacts {
  readonly id: string;
  readonly name: string;
  readonly sizeGiB: number | "unknown";
  readonly encrypted: Tristate;
  readonly keyId?: string;
  readonly status: string;
  readonly bootable: boolean;
  /** Can be attached to several servers; then deletions only detach it. */
  readonly shareable: boolean;
  /** Servers it hangs on. */
  readonly serverIds: readonly string[];
  /** The order it was bought with: a yearly or monthly disk. */
  readonly orderId?: string;
  readonly createdAt?: IsoDate;
  readonly tags: Readonly<Record<string, string>>;
}

/** Reads one element of the listing of disks. Truth values come as words there, in any case. */
export function volumeFacts(wire: Wire): VolumeFacts {
  const metadata = wire.object("metadata");
  const createdAt = momentOf(wire.text("created_at"));
  return {
    id: wire.need("id"),
    name: wire.text("name") ?? "",
    sizeGiB: wire.number("size") ?? "unknown",
    encrypted: encryption(wire, metadata),
    ...given("keyId", metadata?.text("__system__cmkid")),
    status: wire.text("status") ?? "unknown",
    bootable: wire.flag("bootable") ?? false,
    shareable: wire.flag("multiattach") === true || wire.flag("shareable") === true,
    serverIds: wire.needList("attachments").flatMap((attachment) => attachment.text("server_id") ?? []),
    ...given("orderId", metadata?.text("orderID")),
    ...(createdAt === undefined ? {} : { createdAt }),
    tags: tagObject(wire),
  };
}

/** Two fields tell it, and a disk that either calls encrypted needs its key. */
function encryption(wire: Wire, metadata: Wire | undefined): Tristate {
  const marked = metadata?.text("__system__encrypted");
  if (marked === "1") return true;
  return wire.flag("encrypted") ?? (marked === "0" ? false : "unknown");
}

/** What VPC says of one port. */
export interface PortFacts {
  readonly id: string;
  readonly name: string;
  /** The server or service behind it; absent for a port nobody uses. */
  readonly deviceId?: string;
  /** `compute:<zone>` for servers, `neutron:VIP_PORT` for virtual addresses, a service's word for others. */
  readonly owner: string;
  /** The subnet's network, which is what VPC's own API calls the subnet. */
  readonly networkId?: string;
  readonly fixedIps: readonly string[];
  readonly securityGroupIds: readonly string[];
  /** Addresses it may send from besides its own, such as a virtual one. */
  readonly pairedIps: readonly string[];
}

/** Reads one port. Its groups are always sent; one without them would pass for a user of none. */
export function portFacts(wire: Wire): PortFacts {
  return {
    id: wire.need("id"),
    name: wire.text("name") ?? "",
    ...given("deviceId", wire.text("device_id")),
    owner: wire.text("device_owner") ?? "",
    ...given("networkId", wire.text("network_id")),
    fixedIps: wire.list("fixed_ips").flatMap((address) => address.text("ip_address") ?? []),
    securityGroupIds: wire.needTexts("security_groups"),
    pairedIps: wire.list("allowed_address_pairs").flatMap((pair) => pair.text("ip_address") ?? []),
  };
}

/** What VPC says of one EIP. */
export interface AddressFacts {
  readonly id: string;
  readonly ip: string;
  readonly status: string;
  /** `PORT` for servers and virtual addresses, else a service: `NATGW`, `ELB` and others. Absent: bound to nothing. */
  readonly boundTo?: string;
  readonly portId?: string;
  readonly serverId?: string;
  readonly bandwidth?: { readonly id: string; readonly name: string; readonly shared: boolean };
  /** A yearly or monthly one is unsubscribed by itself. */
  readonly prepaid: boolean;
  readonly createdAt?: IsoDate;
}

/** Reads one EIP of the v3 listing. */
export function addressFacts(wire: Wire): AddressFacts {
  const vnic = wire.object("vnic");
  const boundTo = wire.text("associate_instance_type");
  const boundId = wire.text("associate_instance_id");
  const bandwidth = wire.object("bandwidth");
  const bandwidthId = bandwidth?.text("id");
  const createdAt = momentOf(wire.text("created_at"));
  return {
    id: wire.need("id"),
    ip: wire.text("public_ip_address") ?? wire.text("public_ipv6_address") ?? "",
    status: wire.text("status") ?? "unknown",
    ...given("boundTo", boundTo),
    ...given("portId", vnic?.text("port_id") ?? (boundTo === "PORT" ? boundId : undefined)),
    ...given("serverId", vnic?.text("device_id") ?? vnic?.text("instance_id")),
    ...(bandwidthId === undefined
      ? {}
      : {
          bandwidth: {
            id: bandwidthId,
            name: bandwidth?.text("name") ?? "",
            shared: bandwidth?.text("share_type") === "WHOLE",
          },
        }),
    prepaid: wire.text("billing_info") !== undefined,
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

/** What BSS says of one subscription. */
export interface Subscription {
  readonly resourceId: string;
  readonly isMain: boolean;
  readonly parentId?: string;
  readonly status: string;
  readonly expiresAt?: IsoDate;
  /** Renewed by itself when it expires ("expire_policy" 3). */
  readonly renews: boolean;
  /** What it is, such as `hws.resource.type.volume`. */
  readonly type: string;
}

/** Reads one resource of BSS. */
export function subscription(wire: Wire): Subscription {
  const expiresAt = momentOf(wire.text("expire_time"));
  return {
    resourceId: wire.need("resource_id"),
    isMain: wire.text("is_main_resource") === "1",
    ...given("parentId", wire.text("parent_resource_id")),
    status: wire.text("status") ?? "unknown",
    ...(expiresAt === undefined ? {} : { expiresAt }),
    renews: wire.text("expire_policy") === "3",
    type: wire.text("resource_type_code") ?? "",
  };
}
