import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { passes } from "../list.js";
import { projectOf } from "../route.js";
import { type Asked, plain } from "../service.js";
import type { HuaweiActions } from "../state.js";

/** Regions of an account where the fake is not told others. */
const usualRegions = ["cn-north-4", "cn-east-3", "cn-south-1", "ap-southeast-1", "ap-southeast-3"];

/** The project that each region has from the start: it bears the region's name. */
export function projectsOf(
  accountId: string,
  home: { readonly accountId: string; readonly region: string; readonly project: string },
  regions: readonly string[] = usualRegions,
): readonly { readonly id: string; readonly name: string }[] {
  return [...new Set([home.region, ...regions])].map((name) => ({
    name,
    id: accountId === home.accountId && name === home.region ? home.project : projectOf(accountId, name),
  }));
}

const self = (path: string) => ({ self: `https://iam.myhuaweicloud.com/v3/${path}`, next: null, previous: null });

/** IAM as far as an adapter may ask it: it never makes a project. */
export function identityActions(projects: (accountId: string) => ReturnType<typeof projectsOf>): HuaweiActions {
  const listProjects = ({ query, scope }: Asked): JsonObject => ({
    links: self("projects"),
    projects: projects(scope.accountId)
      .filter(({ name }) => passes(query, "name", name))
      .map(({ id, name }) => ({
        id,
        name,
        domain_id: scope.accountId,
        parent_id: scope.accountId,
        is_domain: false,
        enabled: true,
        description: "",
        links: self(`projects/${id}`),
      })),
  });
  const listDomains = ({ scope }: Asked): JsonObject => ({
    links: self("auth/domains"),
    domains: [
      {
        id: scope.accountId,
        name: `account-${scope.accountId.slice(0, 6)}`,
        description: "",
        enabled: true,
        links: self(`domains/${scope.accountId}`),
      },
    ],
  });
  return {
    "iam:GET /v3/projects": plain.read(
      "name domain_id enabled:b page:n per_page:n parent_id is_domain:b",
      listProjects,
    ),
    "iam:GET /v3/auth/projects": plain.read("", listProjects),
    "iam:GET /v3/auth/domains": plain.read("", listDomains),
    // What core does where it finds no project. Nobody here may want that.
    "iam:POST /v3/projects": plain.write("project{name! domain_id parent_id description}!", () => {
      throw refusal("APIGW.0302", "Policy doesn't allow iam:projects:createProject to be performed.", 403);
    }),
    "sts:GET /v5/caller-identity": plain.read("", ({ scope, route }) => ({
      account_id: scope.accountId,
      principal_urn: `iam::${scope.accountId}:user:operator`,
      principal_id: String(route.accessKey),
    })),
  };
}
