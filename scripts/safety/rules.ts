/** Who keeps a rule: each adapter, or the flow that drives them. */
export type Keeper = "adapters" | "flow";

/** A promise that a run still hurts nobody although each of its steps "worked". Tests and mutants carry its number. */
export interface SafetyRule {
  readonly number: string;
  readonly keeper: Keeper;
  readonly promise: string;
}

/** Rules about one subject. */
export interface SafetyTheme {
  readonly title: string;
  readonly rules: readonly SafetyRule[];
}

function adapters(number: string, promise: string): SafetyRule {
  return { number, keeper: "adapters", promise };
}

function flow(number: string, promise: string): SafetyRule {
  return { number, keeper: "flow", promise };
}

/** All rules, by subject. A number stays with its rule for good, so there are gaps. */
export const safetyThemes: readonly SafetyTheme[] = [
  {
    title: "Evidence: what may be believed",
    rules: [
      adapters(
        "S01",
        "An empty answer of a cloud that hides what one may not see is no proof of nothing: it counts as checked only beside a control, something of the same service that the same principal does see.",
      ),
      adapters(
        "S02",
        "Disks must be known before anything ends. A server without a system disk was not read whole, and the set of its disks is confirmed by a second source.",
      ),
      adapters(
        "S03",
        "Gone means: seen before in this very cloud, account, project and region, absent in two reads apart that were answered, with a control. Everything else is not found, or unproven.",
      ),
      flow(
        "S04",
        "Evidence has an age, by two clocks, and is judged when the request leaves the queue. Too old means: read again. So are window, freeze, limits and withdrawals.",
      ),
      adapters(
        "S05",
        "Where a second request would destroy more, the state is read within seconds of sending, never acted on shortly before a subscription ends, and a server in a bin is left there unless a purge was asked for.",
      ),
      adapters(
        "S06",
        "Every mutation that costs, refunds or destroys says whether it may be repeated. One whose answer was lost is not sent again where it may not.",
      ),
      flow(
        "S07",
        "The final gate reads everything once more: required kinds, tags that spare, disk flags, addresses, billing, the bin. What is not as planned stays.",
      ),
      flow(
        "S08",
        "What somebody's tools can bring back is looked at once more, ten minutes after it is gone, with every rule that was taken away.",
      ),
      adapters("S09", "The computer's clock is compared with the cloud's. Too far apart, and the run pauses."),
    ],
  },
  {
    title: "Data",
    rules: [
      adapters(
        "S10",
        "Each disk that dies has a copy that is ours, complete, of that disk, of its full size, young enough, its key usable; read again by the termination itself.",
      ),
      flow(
        "S11",
        "A copy counts from the moment it holds. Going back to service voids it; saving follows the quarantine; of a stopped server it must be younger than the last start.",
      ),
      flow("S12", "Which disks die is computed over the whole plan: a shared disk dies when all its holders do."),
      adapters(
        "S13",
        "No request destroys a disk that it does not name: what a batch could take along is sent as keep, and goes afterwards by id.",
      ),
      flow("S14", "A kept disk is deleted only by the run that detached it, with a copy that is younger than that."),
      adapters(
        "S15",
        "Copies are kept at least as long as was said. Sweeping removes only what carries our tags with run and disk, and is past its time.",
      ),
      flow(
        "S16",
        "A stop wipes local disks and can give up an address, so it passes the same gate for data as a termination.",
      ),
      adapters("S17", "A server whose own shutdown means termination is not isolated before that is set to stop."),
    ],
  },
  {
    title: "Firewall",
    rules: [
      flow(
        "S20",
        "Rules of an address go before the step that gives the address up, and cover every address seen since planning.",
      ),
      flow("S21", "A rule comes back only while a fresh read shows its address with that same server."),
      adapters(
        "S22",
        "A group is exclusive only when nobody else uses it: interfaces of any owner, templates, scaling groups at zero, managed services, references, shares. One source not read keeps it.",
      ),
      adapters(
        "S23",
        "A private address means a server only within its own network; anything else is kept and reported.",
      ),
      adapters("S24", "Rules that deny go only after the server is gone, and come back only to the same place."),
      flow(
        "S25",
        "What is named by an address is touched only while the target is seen holding it, or is gone and nobody else holds it; after a resume as well.",
      ),
      adapters(
        "S26",
        "Addresses stay unless named. One is released after two reads show it free, ours and the same, and nothing else names it.",
      ),
    ],
  },
  {
    title: "Giving back",
    rules: [
      flow(
        "S30",
        "A give-back compares and sets: only where the value is the one we left, and only to one that the approved plan records.",
      ),
      flow(
        "S31",
        "Expiry, windows, withdrawals and failures stop forward steps. Giving back our own effects is stopped by nothing.",
      ),
      flow("S32", "What cannot be undone comes after the final gate, and protection is cleared last."),
      flow(
        "S33",
        "That the run may end what it begins, and undo it, is proved by the cloud's dry run or waived, before the first mutation.",
      ),
      flow("S34", "A release by the cloud's own timer takes nothing from its server before that time."),
      flow(
        "S35",
        "An instance whose step takes too long leaves its wave with its effects given back. What a bin still holds is a follow-up.",
      ),
    ],
  },
  {
    title: "Who may",
    rules: [
      flow(
        "S40",
        "Each instance is claimed before it is touched. Another run's claim, or our own without its journal, is a conflict until approvals name it.",
      ),
      flow(
        "S41",
        "One process owns a journal. Only a provably dead one is replaced; another host takes over by name, after all open requests had their time.",
      ),
      flow(
        "S42",
        "The executor's own policy is laid over the plan's, the stricter wins. Approvals count by distinct people, and can be withdrawn at every gate.",
      ),
      flow(
        "S43",
        "Shares count what the run has ended. Endpoints are part of a scope. Names and tags are strangers' input and are escaped everywhere.",
      ),
      flow("S44", "Hooks are asked before the last read, have a minute, and silence is a no."),
    ],
  },
  {
    title: "Money",
    rules: [
      flow(
        "S50",
        "A refund below the minimum stops that instance. Refunds go one by one, each quote read right before.",
      ),
      adapters("S51", "Nothing is bought, renewed, converted or returned unless that very thing was chosen."),
    ],
  },
  {
    title: "Journal",
    rules: [
      flow(
        "S60",
        "A request leaves once line and head are on disk, in that order. A damaged journal still answers status and undo from its valid beginning, and sends nothing.",
      ),
      flow("S61", "Nothing secret is written or printed, and tag values and descriptions of rules can be masked."),
    ],
  },
];
