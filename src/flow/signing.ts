import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import canonicalize from "canonicalize";
import type { MaybePromise } from "../common.js";
import { invalidRequest } from "../errors.js";

/** Turns bytes into an Ed25519 signature, locally or in a KMS. The key never reaches us. */
export type Signer = (bytes: Uint8Array) => MaybePromise<Uint8Array>;

/** What a signature is for. Part of the signed bytes, so that one for this is none for that. */
export type SigningDomain = "approval" | "revocation" | "journal-head";

/** The id of a public key: `sha256:` and the hex hash of its SPKI bytes. */
export function keyIdOf(publicKeyPem: string): string {
  const bytes = publicKey(publicKeyPem).export({ type: "spki", format: "der" });
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** A signer from a private Ed25519 key in PEM. Throws `invalid-request` for any other key. */
export function pemSigner(privateKeyPem: string): Signer {
  const key = readKey(() => createPrivateKey(privateKeyPem), "private");
  return (bytes) => sign(null, bytes, key);
}

/** The bytes a signature covers: a domain label, then RFC 8785 JSON of the fields. */
function signedBytes(domain: SigningDomain, fields: object): Uint8Array {
  return new TextEncoder().encode(`cloud-decom ${domain} v1\n${canonicalize(fields) ?? ""}`);
}

/** Signs, and refuses an answer that cannot be an Ed25519 signature. */
export async function signFields(domain: SigningDomain, fields: object, signer: Signer): Promise<string> {
  if (typeof signer !== "function") throw invalidRequest("`signer` is missing.", "Pass `pemSigner(pem)`, or your own.");
  const signature = await signer(signedBytes(domain, fields));
  if (signature.length === 64) return Buffer.from(signature).toString("base64");
  throw invalidRequest(
    `The signer answered ${signature.length} bytes; an Ed25519 signature has 64.`,
    "Use an Ed25519 key, and sign the bytes themselves, not a hash of them.",
  );
}

/** Whether a signature is of these fields by that key. */
export function isSigned(domain: SigningDomain, fields: object, signature: string, publicKeyPem: string): boolean {
  // Approvals come out of files, so that even the form is not certain.
  const bytes = Buffer.from(String(signature), "base64");
  // Node skips what is no base64; a signature that was changed so must not pass for the one it was.
  if (bytes.length !== 64 || bytes.toString("base64") !== signature) return false;
  return verify(null, signedBytes(domain, fields), publicKey(publicKeyPem), bytes);
}

function publicKey(pem: string): KeyObject {
  if (String(pem).includes("PRIVATE KEY"))
    throw invalidRequest("A private key was given for a public one.", "Pass the public key.");
  return readKey(() => createPublicKey(pem), "public");
}

function readKey(read: () => KeyObject, which: "private" | "public"): KeyObject {
  const hint = `Pass an Ed25519 ${which} key in PEM, such as \`openssl genpkey -algorithm ed25519\` makes.`;
  let key: KeyObject;
  try {
    key = read();
  } catch {
    // The cause is dropped on purpose: its message can hold parts of what was passed.
    throw invalidRequest(`This is no ${which} key in PEM.`, hint);
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw invalidRequest(`This is a key of type ${key.asymmetricKeyType}, not Ed25519.`, hint);
}
