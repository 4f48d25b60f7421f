import type { CallerIdentity } from "./instances.js";
import type { Requests } from "./requests.js";

/** Answers whose credentials these are; asks the cloud once per credential. */
export type IdentityReader = (requests: Requests) => Promise<CallerIdentity>;

/**
 * Remembers the caller's identity for as long as the credential stays the same, so that no read is believed before
 * it is known whose account it shows. `fingerprint` names the credential in use without revealing it.
 */
export function identityReader(fingerprint: () => Promise<string>, ask: IdentityReader): IdentityReader {
  let known: { readonly credential: string; readonly identity: Promise<CallerIdentity> } | undefined;
  return async (requests) => {
    const credential = await fingerprint();
    if (known?.credential !== credential) {
      const identity = ask(requests);
      known = { credential, identity };
      // A failed question is no answer: the next call asks again.
      identity.catch(() => {
        if (known?.identity === identity) known = undefined;
      });
    }
    return await known.identity;
  };
}
