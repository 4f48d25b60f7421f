/** Hosts of billing, one for each site an account can belong to. */
export const billingHosts = {
  china: "bss.myhuaweicloud.com",
  international: "bss-intl.myhuaweicloud.com",
} as const;

/** Services whose caller is the account rather than a project of it. */
export const accountServices: ReadonlySet<string> = new Set(["bss", "iam"]);

/** The host of a service in a region ("Regions and Endpoints"). EIPs answer under `vpc`. */
export function hostOf(service: string, region: string, site: "china" | "international"): string {
  if (service === "bss") return billingHosts[site];
  return `${service}.${region}.myhuaweicloud.com`;
}
