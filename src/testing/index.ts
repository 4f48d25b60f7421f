export { describeAdapterContract } from "./contract.js";
export { type FakeClock, fakeClock } from "./fake-clock.js";
export { type MemoryWorldOptions, memoryCapabilities } from "./memory/options.js";
export { type MemoryWorld, memoryWorld } from "./memory-world.js";
export type {
  SeedAddress,
  SeedDisk,
  SeedInstance,
  SeedInterface,
  SeedName,
  SeedOwner,
  SeedRule,
  SeedSecurityGroup,
  WorldSeed,
} from "./seed.js";
export type {
  FakeCloud,
  FakeOptions,
  FakeWorld,
  Fault,
  FaultMatch,
  LoggedRequest,
  TestRunner,
  World,
  WorldView,
} from "./world.js";
