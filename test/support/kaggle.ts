import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FaultSettings } from "../../local/kaggle/faults.ts";
import { startKaggleEmulator } from "../../local/kaggle/server.ts";
import { kaggleVenv } from "../../scripts/setup/paths.ts";
import type { TestService } from "./ministack.ts";

/** Who may call the test's Kaggle. */
export const kaggleUser = { username: "jane", key: "secret", token: "KGAT_test" };

export interface TestKaggle extends TestService {
  /** Has things go wrong from now on, and nothing else. */
  setFaults(faults: FaultSettings): Promise<void>;
  /** Ends what goes wrong and what runs. */
  reset(): Promise<void>;
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
  const ask = async (method: string, path: string, body?: string) => {
    const answer = await fetch(`${url}/_emulator/${path}`, { method, ...(body && { body }) });
    if (!answer.ok) throw new Error(await answer.text());
  };
  const setFaults = (faults: FaultSettings) => ask("PUT", "faults", JSON.stringify(faults));
  return {
    url,
    stop,
    setFaults,
    async reset() {
      await setFaults({});
      await ask("DELETE", "kernels");
    },
  };
}
