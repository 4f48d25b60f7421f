/*
 * The forms in which Huawei Cloud writes a moment. All are UTC, though some do not say so (recordings: at least eight
 * forms across the services).
 */

/** `2025-03-17T10:38:38Z`: ECS, VPC v3, EIP v3, ELB v3. */
export function utc(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** `2025-03-23T07:28:46.807Z`: jobs. */
export function utcMillis(time: number): string {
  return new Date(time).toISOString();
}

/** `2025-03-20T07:28:45.780415`, without a zone: EVS, CBR, when a server was launched. */
export function bare(time: number): string {
  return `${new Date(time).toISOString().slice(0, 23)}000`;
}

/** `2019-10-16T11:11:14`, without fraction and zone: Neutron, VPC v1. */
export function bareSeconds(time: number): string {
  return new Date(time).toISOString().slice(0, 19);
}

/** `2018-04-20 16:32:16`: EIP v1. */
export function spaced(time: number): string {
  return bareSeconds(time).replace("T", " ");
}

/** `2019-05-10T07:59:59.451+00:00`: CBR backups. */
export function zoned(time: number): string {
  return `${new Date(time).toISOString().slice(0, 23)}+00:00`;
}

/** `2025-12-22T04:26:29+0000`: RDS. */
export function zonedSeconds(time: number): string {
  return `${bareSeconds(time)}+0000`;
}

/** The same day and hour some months later. */
export function monthsLater(time: number, months: number): number {
  const date = new Date(time);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.getTime();
}
