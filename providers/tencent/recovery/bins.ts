import type { Money } from "../../../src/common.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import { pollUntil, settleByReading } from "../../../src/poll.js";
import type { LostAnswer, MutationAnswer } from "../../../src/requests.js";
import type { RecoverableRef, RecoverOptions } from "../../../src/reversal.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { readDisk } from "../disks.js";
import { readStates } from "../instances.js";

/** What was chosen and consented to. */
export type Renewal = NonNullable<RecoverOptions["renew"]>;

/** How something in a bin stands. */
export interface Binned {
  readonly isIn: boolean;
  readonly isPrepaid: boolean;
  readonly isBusy: boolean;
}

/** A bin: how to look into it, and how something comes out. */
export interface Bin {
  /** `undefined` where there is no such thing. */
  read(id: string): Promise<Binned | undefined>;
  price(id: string, months: number): Promise<Money | undefined>;
  renew(id: string, months: number): Promise<{ readonly effect: Effect; readonly answer: MutationAnswer }>;
}

/** The bin of a kind; `undefined` where what is in it cannot come back. */
export function binOf(call: TencentCall, kind: RecoverableRef["kind"]): Bin | undefined {
  if (kind === "instance") return instanceBin(call);
  return kind === "disk" ? diskBin(call) : undefined;
}

/** How long a renewed thing may take to be back. */
const pace = { firstDelayMs: 3_000, longestDelayMs: 15_000, giveUpAfterMs: 5 * 60_000 };

/** Renewed for now, not for ever: nothing is to be bought again by itself. */
const renewFlag = "NOTIFY_AND_MANUAL_RENEW";

function instanceBin(call: TencentCall): Bin {
  const read = async (id: string): Promise<Binned | undefined> => {
    const seen = (await readStates(call, [id])).byId.get(id);
    return (
      seen && {
        isIn: seen.record.state.unified === "recycled",
        isPrepaid: seen.record.billing.unified === "prepaid",
        isBusy: seen.facts.operationState === "OPERATING",
      }
    );
  };
  // The cloud's own default renews the elastic disks as well, which stay in service and were not asked about.
  const paid = (id: string, Period: number) => ({
    InstanceIds: [id],
    InstanceChargePrepaid: { Period, RenewFlag: renewFlag },
    RenewPortableDataDisk: false,
  });
  return {
    read,
    price: async (id, months) => {
      const { body } = await call.read("cvm", "InquiryPriceRenewInstances", paid(id, months));
      return moneyOf(body.object("Price")?.object("InstancePrice"));
    },
    renew: (id, months) =>
      renewOnce(call, { id, kind: "instance" }, read, {
        service: "cvm",
        action: "RenewInstances",
        parameters: paid(id, months),
      }),
  };
}

function diskBin(call: TencentCall): Bin {
  const read = async (id: string): Promise<Binned | undefined> => {
    const disk = await readDisk(call, id);
    return disk && { isIn: disk.state === "TORECYCLE", isPrepaid: disk.chargeType === "PREPAID", isBusy: false };
  };
  return {
    read,
    price: async (id, Period) => {
      const parameters = { DiskIds: [id], DiskChargePrepaids: [{ Period }] };
      const { body } = await call.read("cbs", "InquiryPriceRenewDisks", parameters);
      return moneyOf(body.object("DiskPrice"));
    },
    renew: (id, Period) =>
      renewOnce(call, { id, kind: "disk" }, read, {
        service: "cbs",
        action: "RenewDisk",
        parameters: { DiskId: id, DiskChargePrepaid: { Period, RenewFlag: renewFlag } },
      }),
  };
}

/** The API names no currency: it is the account's. */
function moneyOf(price: Wire | undefined): Money | undefined {
  const amount = price?.number("DiscountPrice") ?? price?.number("OriginalPrice");
  return amount === undefined ? undefined : { amount: amount.toFixed(2), currency: "account" };
}

/** Pays once. An answer that was lost is believed where the thing is seen back, and is never taken for "nothing paid". */
async function renewOnce(
  call: TencentCall,
  { id, kind }: { readonly id: string; readonly kind: "instance" | "disk" },
  read: Bin["read"],
  request: {
    readonly service: string;
    readonly action: string;
    readonly parameters: Readonly<Record<string, unknown>>;
  },
) {
  const effect: Effect = {
    ...call.scope,
    kind: "instance-recovered",
    resource: { kind, id },
    instanceIds: kind === "instance" ? [id] : [],
    undo: { impossible: "What was paid for the renewal is spent; returning it again is a termination." },
  };
  const isBack = async () => (await read(id))?.isIn === false;
  const self = {};
  const key = `${kind}/${id}`;
  const answer = await call.requests.mutate({
    ...request,
    instanceIds: effect.instanceIds,
    effects: [effect],
    justBefore: async () => {
      const now = await read(id);
      if (!now?.isIn || now.isBusy) return changed(id);
      // Another call may have looked at the same moment: nothing is awaited between this question and the note.
      if (call.renewals.isSent(key, self, call.requests.clock.now())) return paidAlready(id);
      call.renewals.note(key, self, call.requests.clock.now());
      return undefined;
    },
    confirm: async ({ notBefore }: LostAnswer) => {
      const seen = await settleByReading(call.requests, notBefore, isBack);
      return { effect: seen === "applied" ? seen : "unknown" };
    },
  });
  const isOver = answer.effect === "applied" ? await seenBack(call, isBack) : answer.effect === "not-applied";
  if (isOver) call.renewals.forget(key, self);
  if (answer.effect === "applied") call.returns.forget(id);
  return { effect, answer };
}

async function seenBack(call: TencentCall, isBack: () => Promise<boolean>): Promise<boolean> {
  try {
    return (await pollUntil(call.requests, pace, isBack, (back) => back)).done;
  } catch {
    // It is paid for; that its return could not be watched takes nothing from that.
    return false;
  }
}

function paidAlready(id: string): Problem {
  return {
    code: "wrong-state",
    message: `${id} is being renewed already, and a second renewal would be paid for as well.`,
    hint: "Look whether it is back; where it is not after an hour, decide anew.",
    cloud: "tencent",
  };
}

function changed(id: string): Problem {
  return {
    code: "wrong-state",
    message: `${id} changed right before it was to be renewed.`,
    hint: "Look at it again, then decide anew.",
    cloud: "tencent",
  };
}
