import type { JsonObject } from "../../../../src/common.js";
import { need, number, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import type { Resource } from "../records.js";
import { plain } from "../service.js";
import { existing, resourcesOf, type TencentActions, type TencentState } from "../state.js";

/** Whose credentials these are, roles, and the keys of encrypted disks. */
export const identityActions: TencentActions = {
  "sts:GetCallerIdentity": plain.read("", ({ state }) => ({
    Arn: `qcs::cam:uin/${state.accountId}:uin/200000000001`,
    AccountId: state.accountId,
    UserId: "200000000001",
    PrincipalId: "200000000001",
    Type: "CAMUser",
  })),
  "cam:GetRole": plain.read("RoleId RoleName", ({ state, parameters }) => {
    const wanted = text(parameters, "RoleName") ?? text(parameters, "RoleId");
    if (wanted === undefined) throw refusal("InvalidParameter.ParamError", "The request names no role.");
    const role = resourcesOf(state, "role").find(({ id, wire }) => id === wanted || wire.RoleId === wanted);
    if (!role) throw refusal("InvalidParameter.RoleNotExist", `The role \`${wanted}\` does not exist.`);
    return { RoleInfo: role.wire };
  }),
  "cam:DescribeRoleList": plain.read("Page:n! Rp:n! Tags[]{Key! Value!}", ({ state, parameters }) => {
    const page = number(parameters, "Page") ?? 1;
    const size = number(parameters, "Rp") ?? 20;
    if (page < 1 || size < 1 || size > 200) throw refusal("InvalidParameter.ParamError", "The page is out of range.");
    const roles = resourcesOf(state, "role").map(({ wire }) => wire);
    return { List: roles.slice((page - 1) * size, page * size), TotalNum: roles.length };
  }),
  "kms:DescribeKey": plain.read("KeyId! MemberAccount{MemberAppId:n MemberUin:n}", ({ state, parameters }) => ({
    KeyMetadata: keyOf(state, need(parameters, "KeyId")),
  })),
  "kms:DescribeKeys": plain.read("KeyIds[100]! MemberAccount{MemberAppId:n MemberUin:n}", ({ state, parameters }) => ({
    KeyMetadatas: texts(parameters, "KeyIds").map((id) => keyOf(state, id)),
  })),
};

function keyOf(state: TencentState, id: string): JsonObject {
  const keys = new Map(resourcesOf(state, "key").map((key): readonly [string, Resource] => [key.id, key]));
  return existing(keys, id, "ResourceUnavailable.CmkNotFound", "key").wire;
}
