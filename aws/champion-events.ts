import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { Announce } from "../core/champion-ledger.ts";
import { errorMessage } from "../core/errors.ts";

/** Announces changes of the champion on the account's default event bus: source `avocado`, type `Champion changed`. */
export function announceWith(client: EventBridgeClient, warn: (message: string) => void): Announce {
  return async (change) => {
    const entry = { Source: "avocado", DetailType: "Champion changed", Detail: JSON.stringify(change) };
    try {
      const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: [entry] }));
      if (Entries[0]?.ErrorCode) throw new Error(`${Entries[0].ErrorCode}: ${Entries[0].ErrorMessage}`);
    } catch (error) {
      warn(`The change of the champion could not be announced: ${errorMessage(error)}`);
    }
  };
}
