import type { CloudAdapter, Policy } from "cloud-decom";
import type { FakeCloud } from "cloud-decom/testing";

/** A fleet on an embedded fake, and what must become of it. */
export interface Fleet {
  readonly cloud: string;
  readonly adapter: CloudAdapter;
  readonly world: FakeCloud;
  /** The servers to retire, by the names they were seeded with. */
  readonly targets: readonly string[];
  /** The targets that must still stand at the end, each with the reason. */
  readonly standing: Readonly<Record<string, string>>;
  readonly policy: Policy;
  /** What somebody else does between the plan and its execution. */
  meddle(): void;
  close(): Promise<void>;
}
