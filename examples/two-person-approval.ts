/*
 * Two people sign a plan, one of them with a key that never leaves a key management service. What differs from the signed
 * plan by a single byte does not run: npx tsx examples/two-person-approval.ts
 */
import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import {
  approvePlan,
  DecommissionError,
  executePlan,
  keyIdOf,
  memoryJournal,
  type Plan,
  pemSigner,
  planDecommission,
  type Signer,
  type Trust,
} from "cloud-decom";
import { pretendAws } from "./support/pretend-aws.js";

const { cloud, world, clock, close } = await pretendAws([{ id: "web" }]);
const plan = await planDecommission([cloud], [{ cloud: "aws", ids: [world.id("web")] }], { reason: "moved", clock });

function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    publicPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    privatePem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

// Ada keeps her key in a file: `openssl genpkey -algorithm ed25519 -out ada.key.pem`.
const ada = keyPair();
const adaSigner = pemSigner(ada.privatePem);

// Grace's key is in a service. All it takes is a function from bytes to a signature, however long that takes; the service
// must sign the bytes themselves with Ed25519, not a hash of them.
const grace = keyPair();
const service = { key: createPrivateKey(grace.privatePem), asked: 0 };
const graceSigner: Signer = async (bytes) => {
  service.asked += 1; // e.g. await kms.send(new SignCommand({ KeyId, Message: bytes, SigningAlgorithm: "ED25519_SHA_512" }))
  return sign(null, bytes, service.key);
};

const expiresAt = new Date(clock.now() + 3_600_000).toISOString();
const approve = (signed: Plan, publicPem: string, signer: Signer) =>
  approvePlan(signed, { keyId: keyIdOf(publicPem), signer, expiresAt, clock });

// Who may approve is the executor's own configuration, never the plan's.
const trust: Trust = {
  approvers: [
    { name: "Ada", publicKey: ada.publicPem },
    { name: "Grace", publicKey: grace.publicPem },
  ],
  required: 2,
};
const byAda = await approve(plan, ada.publicPem, adaSigner);
const byGrace = await approve(plan, grace.publicPem, graceSigner);
assert.equal(service.asked, 1);

async function refusal(attempted: Plan, approvals: readonly (typeof byAda)[]): Promise<string> {
  try {
    await executePlan([cloud], attempted, { journal: memoryJournal(), trust, approvals, clock });
    return "it ran";
  } catch (error) {
    if (DecommissionError.isInstance(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

console.log("Ada alone   ", await refusal(plan, [byAda]));
console.log("Ada twice   ", await refusal(plan, [byAda, byAda]));
console.log("other reason", await refusal({ ...plan, reason: "because" }, [byAda, byGrace]));
console.log("longer      ", await refusal(plan, [byAda, { ...byGrace, expiresAt: "2099-01-01T00:00:00.000Z" }]));
assert.ok(world.holds("web"));

const approvals = [byAda, byGrace];
const result = await executePlan([cloud], plan, { journal: memoryJournal(), trust, approvals, clock });
console.log("both        ", result.status);
assert.equal(world.holds("web"), false);
await close();
