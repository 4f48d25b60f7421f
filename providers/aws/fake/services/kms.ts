import { refusal } from "../../../../src/testing/fake-refusal.js";
import { need } from "../wire/read.js";
import { service } from "./service.js";

/** Keys: whether what they encrypted can be read again. */
export const kms = service(
  { name: "kms", protocol: "json", target: "TrentService" },
  {
    DescribeKey: {
      parameters: "KeyId! GrantTokens[]",
      handle: ({ state, parameters, scope }) => {
        const asked = need(parameters, "KeyId");
        const found = [...state.keys].find(([arn]) => arn === asked || arn.endsWith(`/${asked}`));
        if (!found) throw refusal("NotFoundException", `Key '${asked}' does not exist`);
        const [Arn, KeyState] = found;
        const key = { KeyId: Arn.split("/").at(-1) ?? "", Arn, AWSAccountId: scope.accountId, KeyManager: "CUSTOMER" };
        return { KeyMetadata: { ...key, KeyState, Enabled: KeyState === "Enabled" } };
      },
    },
  },
);
