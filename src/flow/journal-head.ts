import { DecommissionError } from "../errors.js";
import type { JournalHead } from "./journal.js";
import type { ChainEnd } from "./journal-codec.js";
import { isSigned, keyIdOf, type Signer, signFields } from "./signing.js";

/** Who signs a journal's head, and whose signature is asked for. */
export interface HeadKeys {
  /** The executor's key. With `signer`, each head is signed. Default: unsigned. */
  readonly keyId?: string;
  readonly signer?: Signer;
  /** PEM (SPKI). With it, a head without a valid signature of that key is `journal-corrupt`. */
  readonly publicKey?: string;
}

/** A head as its file holds it. */
export async function encodeHead({ seq, hash }: ChainEnd, { keyId, signer }: HeadKeys): Promise<string> {
  const fields = { seq, hash, ...(keyId === undefined ? {} : { keyId }) };
  const signature = signer && (await signFields("journal-head", fields, signer));
  const head: JournalHead = { ...fields, ...(signature === undefined ? {} : { signature }) };
  return `${JSON.stringify(head)}\n`;
}

/** Reads a head; `undefined` where there is none. */
export function parseHead(text: string | undefined): JournalHead | undefined {
  if (text === undefined) return undefined;
  try {
    const head: JournalHead = JSON.parse(text);
    // Written again in our form it must be the same to the byte: no change of the file goes unseen.
    const { seq, hash, keyId, signature } = head;
    const again = {
      seq,
      hash,
      ...(keyId === undefined ? {} : { keyId }),
      ...(signature === undefined ? {} : { signature }),
    };
    if (Number.isInteger(seq) && /^[0-9a-f]{64}$/.test(hash) && `${JSON.stringify(again)}\n` === text) return head;
  } catch {
    // Reported below, as any other content that is no head.
  }
  throw corrupt("The journal's head is damaged.");
}

/** Checks a head's signature where one is asked for. */
export function checkHead({ signature, ...fields }: JournalHead, { publicKey }: HeadKeys): void {
  if (publicKey === undefined) return;
  const valid =
    signature !== undefined &&
    fields.keyId === keyIdOf(publicKey) &&
    isSigned("journal-head", fields, signature, publicKey);
  if (!valid) throw corrupt("The journal's head is not signed by the expected key.");
}

/** For lines without a head. */
export function headMissing(): DecommissionError {
  return corrupt("The journal has lines but no head.");
}

/** For lines that end elsewhere than the head says. */
export function headShort(lines: number, head: number): DecommissionError {
  return corrupt(`The journal's head vouches for ${head} lines, and ${lines} of them are there as it names them.`);
}

function corrupt(message: string): DecommissionError {
  return new DecommissionError({
    code: "journal-corrupt",
    message,
    hint: "Nothing was sent. Restore the journal from a copy, or plan its undo with `salvage`.",
  });
}
