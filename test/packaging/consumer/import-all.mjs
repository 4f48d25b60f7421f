// Imports every entry and does nothing with it.
await import("cloud-decom");
await import("cloud-decom/aliyun");
await import("cloud-decom/aliyun/fake");
await import("cloud-decom/aws");
await import("cloud-decom/aws/fake");
await import("cloud-decom/huawei");
await import("cloud-decom/huawei/fake");
await import("cloud-decom/tencent");
await import("cloud-decom/tencent/fake");
await import("cloud-decom/testing");
