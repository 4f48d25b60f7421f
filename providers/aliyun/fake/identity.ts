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

function roleRow(name: string, { scope, now }: AliyunRequestContext): JsonObject {
  return {
    RoleName: name,
    Arn: `acs:ram::${scope.accountId}:role/${name}`,
    Description: "",
    CreateDate: seconds(now),
  };
}

/** The roles that instances have: no others are known here. */
function listRoles(context: AliyunRequestContext): JsonObject {
  const names = new Set([...context.state.instances.values()].flatMap(({ role }) => (role === "" ? [] : [role])));
  return { Roles: { Role: [...names].map((name) => roleRow(name, context)) }, IsTruncated: false, Marker: "" };
}

function getRole(context: AliyunRequestContext): JsonObject {
  return { Role: { ...roleRow(namedRole(context), context), AssumeRolePolicyDocument: "{}" } };
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
  "ram:ListRoles": read("Marker MaxItems:n1-1000", listRoles),
  "ram:ListPoliciesForRole": read("RoleName!", policiesOfRole),
};
