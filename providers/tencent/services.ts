/** How one Tencent Cloud service is reached: its host's first label, its API version and its module in the SDK. */
export interface TencentService {
  readonly version: string;
  load(): Promise<object>;
}

/**
 * The services this adapter talks to. The SDK has no exports map: a subpath must end in `/index.js`, and the root
 * import would load some 260 services.
 */
export const services: Readonly<Record<string, TencentService>> = {
  as: { version: "v20180419", load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/as/index.js") },
  billing: {
    version: "v20180709",
    load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/billing/index.js"),
  },
  cam: { version: "v20190116", load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/cam/index.js") },
  cbs: { version: "v20170312", load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/cbs/index.js") },
  cdb: { version: "v20170320", load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/cdb/index.js") },
  cfs: { version: "v20190719", load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/cfs/index.js") },
  clb: { version: "v20180317", load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/clb/index.js") },
  cvm: { version: "v20170312", load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/cvm/index.js") },
  dnspod: { version: "v20210323", load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/dnspod/index.js") },
  monitor: {
    version: "v20180724",
    load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/monitor/index.js"),
  },
  privatedns: {
    version: "v20201028",
    load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/privatedns/index.js"),
  },
  redis: { version: "v20180412", load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/redis/index.js") },
  sts: { version: "v20180813", load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/sts/index.js") },
  tag: { version: "v20180813", load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/tag/index.js") },
  tke: { version: "v20180525", load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/tke/index.js") },
  vpc: { version: "v20170312", load: () => import("tencentcloud-sdk-nodejs/tencentcloud/services/vpc/index.js") },
};
