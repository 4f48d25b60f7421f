import { generateKeyPairSync } from "node:crypto";
import { type Approval, approvePlan, type Clock, keyIdOf, type Plan, pemSigner, type Trust } from "cloud-decom";

/** Two people with keys of their own, as an executor knows them: by name and public key. */
export function twoApprovers(): {
  readonly trust: Trust;
  approve(plan: Plan, clock: Clock): Promise<readonly Approval[]>;
} {
  const people = ["Ada", "Grace"].map((name) => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    return {
      name,
      publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
      signer: pemSigner(privateKey.export({ type: "pkcs8", format: "pem" }).toString()),
    };
  });
  return {
    trust: { approvers: people.map(({ name, publicKey }) => ({ name, publicKey })), required: 2 },
    approve: async (plan, clock) => {
      const expiresAt = new Date(clock.now() + 3_600_000).toISOString();
      return await Promise.all(
        people.map(({ publicKey, signer }) =>
          approvePlan(plan, { keyId: keyIdOf(publicKey), signer, expiresAt, clock }),
        ),
      );
    },
  };
}
