import { setTimeout as sleep } from "node:timers/promises";

export interface CheckClients {
  /** Version that the alias `champion` names; none before the first promotion. */
  readChampion(): Promise<string | undefined>;
  /** Version that the API serves. @throws when it does not say */
  readServed(): Promise<string>;
}

/** What was found at the last look. */
export interface ChampionCheck {
  stale: boolean;
  champion: string | undefined;
  served: string | undefined;
}

/**
 * Whether the API serves the champion. A promotion is published after the alias is set, so it looks again, with a pause
 * between, until both agree or the timeout (in seconds, as the pause) has passed. Without a champion there is nothing to serve.
 * @throws what the registry throws
 */
export async function checkChampion(clients: CheckClients, timeout: number, pause = 30): Promise<ChampionCheck> {
  for (let left = Math.floor(timeout / pause); ; left--) {
    const champion = await clients.readChampion();
    const served = await clients.readServed().catch(() => undefined);
    const stale = champion !== undefined && served !== champion;
    if (!stale || left <= 0) return { stale, champion, served };
    await sleep(pause * 1000);
  }
}
