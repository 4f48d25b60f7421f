import type { JsonObject } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { read } from "./action.js";
import type { AliyunActions, AliyunRequestContext } from "./state.js";
import { need } from "./wire/read.js";
import { seconds } from "./wire/times.js";

const userName = "operator";
const userId = "204000000000000001";

/** Whose access key signed the request. */
function getCallerIdentity({ scope }: AliyunRequestContext): JsonObject {
  return {
    AccountId: scope.accountId,
    Arn: `acs:ram::${scope.accountId}:user/${userName}`,
    IdentityType: "RAMUser",
    PrincipalId: userId,
    UserId: userId,
    RoleId: "",
  };
}

/** The one user there is may do everything. */
function policiesOfUser({ input, now }: AliyunRequestContext): JsonObject {
  if (need(input, "UserName") !== userName)
    throw refusal("EntityNotExist.User", `The user does not exist: ${need(input, "UserName")}.`, 404);
  const policy = {
    PolicyName: "AdministratorAccess",
    PolicyType: "System",
    DefaultVersion: "v1",
    Description: "",
    AttachDate: seconds(now),
  };
  return { Policies: { Policy: [policy] } };
}

function namedRole({ state, input }: AliyunRequestContext): string {
  const name = need(input, "RoleName");
  if (![...state.instances.values()].some(({ role }) => role === name))
    throw refusal("EntityNotExist.Role", `The role not exists: ${name}.`, 404);
  return name;
}

function getRole(context: AliyunRequestContext): JsonObject {
  const name = namedRole(context);
  const { accountId } = context.scope;
  return {
    Role: {
      RoleName: name,
      Arn: `acs:ram::${accountId}:role/${name}`,
      Description: "",
      AssumeRolePolicyDocument: "{}",
      CreateDate: seconds(context.now),
    },
  };
}

function policiesOfRole(context: AliyunRequestContext): JsonObject {
  namedRole(context);
  return { Policies: { Policy: [] } };
}

/** Who calls, and what roles instances have. */
export const identity: AliyunActions = {
  "sts:GetCallerIdentity": read("", getCallerIdentity),
  "ram:ListPoliciesForUser": read("UserName!", policiesOfUser),
  "ram:GetRole": read("RoleName!", getRole),
  "ram:ListPoliciesForRole": read("RoleName!", policiesOfRole),
};
