import type { DependencyEdge } from "../../src/dependencies.js";
import { DecommissionError, type Problem } from "../../src/errors.js";
import type { HuaweiCall } from "./call.js";
import { ownerSources } from "./dependencies/owners.js";
import { openSurvey } from "./dependencies/survey.js";
import type { SeenInstance } from "./record.js";

/** Who owns servers, and which owners could not be asked. */
export interface OwnerReading {
  readonly edges: readonly DependencyEdge[];
  readonly unread: readonly { readonly source: string; readonly kind: string; readonly problem: Problem }[];
}

/** Everything that owns these servers and may replace them. A service that the region does not have owns nothing there. */
export async function readOwners(call: HuaweiCall, instances: readonly SeenInstance[]): Promise<OwnerReading> {
  if (instances.length === 0) return { edges: [], unread: [] };
  const byId = new Map(instances.map((seen) => [seen.record.id, seen]));
  const survey = openSurvey(
    call,
    { byId, evidence: { api: "ecs:ListServersDetails", said: "", at: "" }, unread: {} },
    "by-cloud",
  );
  const answers = await Promise.all(
    ownerSources.map(async ({ kind, source, hidesRows, read }): Promise<OwnerReading> => {
      try {
        const { edges, control } = await read(survey);
        // S01: an empty answer that nothing vouches for is none.
        const isBlind = hidesRows && edges.length === 0 && !control;
        return { edges, unread: isBlind ? [{ source, kind, problem: blind(source) }] : [] };
      } catch (error) {
        if (!DecommissionError.isInstance(error) || call.requests.stopped()) throw error;
        return { edges: [], unread: error.code === "unsupported" ? [] : [{ source, kind, problem: error.problem }] };
      }
    }),
  );
  return { edges: answers.flatMap(({ edges }) => edges), unread: answers.flatMap(({ unread }) => unread) };
}

function blind(source: string): Problem {
  return {
    code: "access-denied",
    message: `${source} showed nothing, and nothing shows that these credentials would see what is there.`,
    hint: "Grant as:groups:list for the whole project, not for an enterprise project alone.",
    cloud: "huawei",
  };
}
