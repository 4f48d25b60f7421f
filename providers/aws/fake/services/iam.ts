import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { profileId } from "../ec2/elements.js";
import { type AwsRequestContext, iso, resourcesOf } from "../state.js";
import { need } from "../wire/read.js";
import { service } from "./service.js";

/** A profile and the role of the same name in it. */
function getProfile({ state, parameters, scope, now }: AwsRequestContext): JsonObject {
  const name = need(parameters, "InstanceProfileName");
  const found = resourcesOf(state, "instance-profile").find(({ wire }) => wire.name === name);
  if (!found) throw refusal("NoSuchEntity", `Instance Profile ${name} cannot be found.`, 404);
  const created = { Path: "/", CreateDate: iso(now) };
  const role = {
    ...created,
    RoleName: name,
    RoleId: "AROASEEDED0123456789A",
    Arn: `arn:aws:iam::${scope.accountId}:role/${name}`,
  };
  const profile = { ...created, InstanceProfileName: name, InstanceProfileId: profileId(found.id), Arn: found.id };
  return { InstanceProfile: { ...profile, Roles: [role], Tags: [] } };
}

/** Instance profiles. */
export const iam = service(
  {
    name: "iam",
    protocol: "query",
    version: "2010-05-08",
    namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    global: true,
  },
  { GetInstanceProfile: { parameters: "InstanceProfileName!", handle: getProfile } },
);
