import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FaultSettings } from "../../kaggle-emulator/faults.ts";
import { startKaggleEmulator } from "../../kaggle-emulator/server.ts";
import { kaggleVenv } from "../../scripts/setup/paths.ts";
import type { TestService } from "./ministack.ts";

/** Who may call the test's Kaggle. */
export const kaggleUser = { username: "jane", key: "secret", token: "KGAT_test" };

export interface TestKaggle extends TestService {
  /** Has things go wrong from now on, and nothing else. */
  setFaults(faults: FaultSettings): Promise<void>;
}

/** Starts an empty local Kaggle on a free port. Stop it in `afterAll`. */
export async function startTestKaggle(): Promise<TestKaggle> {
  const folder = mkdtempSync(join(tmpdir(), "test-kaggle-"));
  const { url, stop } = await startKaggleEmulator({
    folder,
    port: 0,
    pythonBin: process.env.AVOCADO_KAGGLE_PYTHON ?? join(kaggleVenv, "bin"),
    credentials: kaggleUser,
  });
  return {
    url,
    stop,
    async setFaults(faults) {
      const answer = await fetch(`${url}/_emulator/faults`, { method: "PUT", body: JSON.stringify(faults) });
      if (!answer.ok) throw new Error(await answer.text());
    },
  };
}
