/** What ingest hands out for an envelope: proof that the log had it when ingest said so (docs/protocol.md, "Posting"). */

import { b64 } from "./base64url";
import { spell } from "./canonical";
import { sha256 } from "./hashes";
import * as jws from "./jws";

/** Whether the holder of ingest's key gave this receipt for exactly these bytes in this round. */
export async function holds(
  receipt: string,
  manifest: Readonly<{ roundId: string; fingerprint: string }>,
  encoded: Uint8Array,
  key: Uint8Array,
): Promise<boolean> {
  const said = { round: manifest.roundId, manifest: manifest.fingerprint, envelope: b64(await sha256(encoded)) };
  try {
    return spell(await jws.verify(receipt, "klankbord-receipt", key)) === spell(said);
  } catch {
    return false;
  }
}
