import type { IsoDate } from "../../src/common.js";
import { DecommissionError } from "../../src/errors.js";

/** A zone at the end of a time: `Z`, `+00:00` or `+0000`. */
const zone = /(?:Z|[+-]\d{2}:?\d{2})$/;

/**
 * A moment in one of Huawei Cloud's many forms, in UTC. Half of them name no zone and are UTC: the same server carries
 * `2018-08-13T13:46:09Z` as created and `2018-08-13T13:46:46.000000` as launched. Throws `service` for what is no time.
 */
export function momentOf(text: string | undefined): IsoDate | undefined {
  if (text === undefined || text === "") return undefined;
  const oneForm = text.trim().replace(" ", "T");
  const moment = new Date(zone.test(oneForm) ? oneForm.replace(/([+-]\d{2})(\d{2})$/, "$1:$2") : `${oneForm}Z`);
  if (!Number.isNaN(moment.getTime())) return moment.toISOString();
  throw new DecommissionError({
    code: "service",
    message: "The cloud's answer is malformed: a time is not in any known form.",
    hint: "Check that `endpoint` and proxies lead to the cloud itself, then try again.",
    cloud: "huawei",
  });
}
