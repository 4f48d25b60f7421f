import type { ElasticAddress } from "../records.js";

/** Elastic addresses of IPv6 have ids, a listing and a release of their own. */
export function isVersion6({ ip }: Pick<ElasticAddress, "ip">): boolean {
  return ip.includes(":");
}
