import type { AwsAction } from "./state.js";

/** Parameters by action. */
export const stsParameters = { GetCallerIdentity: "" } as const;

/** Who calls. */
export const stsActions: Readonly<Record<keyof typeof stsParameters, AwsAction>> = {
  GetCallerIdentity: {
    mutating: false,
    handle: ({ scope }) => ({
      Arn: `arn:aws:iam::${scope.accountId}:user/operator`,
      UserId: "AIDACKCEVSQ6C2EXAMPLE",
      Account: scope.accountId,
    }),
  },
};
