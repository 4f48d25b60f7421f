/** Where an account can be billed: two sites that know nothing of each other. */
export type BillingSite = "china" | "international";

/** The billing service of each site, by the name its endpoint has in the options. */
export const billingServices: Readonly<Record<BillingSite, string>> = { china: "bss", international: "bss-intl" };

/** Services whose caller is the account rather than a project of it. */
export const accountServices: ReadonlySet<string> = new Set(["bss", "bss-intl", "iam"]);

/** The host of a service in a region ("Regions and Endpoints"). EIPs answer under `vpc`; billing has no regions. */
export function hostOf(service: string, region: string): string {
  if (service === "bss" || service === "bss-intl") return `${service}.myhuaweicloud.com`;
  return `${service}.${region}.myhuaweicloud.com`;
}
