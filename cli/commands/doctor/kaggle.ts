import { errorMessage } from "../../../core/errors.ts";
import { createKaggleClient } from "../../../core/kaggle/client.ts";
import type { KaggleCredentials } from "../../../core/kaggle/credentials.ts";
import type { Finding, Section } from "./finding.ts";
import { examineAccount } from "./kaggle/account.ts";
import type { Contact } from "./kaggle/contact.ts";
import { examineDataset } from "./kaggle/dataset.ts";
import { examineKernel } from "./kaggle/kernel.ts";
import { examineTraining } from "./kaggle/training.ts";

export interface KaggleOptions {
  credentials: KaggleCredentials;
  /** Address of the API, without `/v1`. */
  baseUrl: string;
  /** Also train on a GPU. */
  gpu: boolean;
  onWait(text: string): void;
  /** Milliseconds between two looks at most. Default 10 seconds. */
  pause?: number;
  /** Milliseconds for which anything is waited for. Default an hour. */
  timeout?: number;
}

/** As the pipeline asks for it, unless a stage says otherwise. */
const machineShape = "NvidiaTeslaT4";

/**
 * Tries Kaggle as the pipeline uses it, with things of its own, and says which of the pipeline's assumptions hold. What it makes is
 * private and deleted again.
 */
export async function examineKaggle(options: KaggleOptions): Promise<Section[]> {
  const { credentials, baseUrl, gpu, onWait, pause = 10_000, timeout = 3_600_000 } = options;
  const kaggle = createKaggleClient({ credentials, baseUrl });
  const name = `avocado-first-contact-${Date.now().toString(36)}`;
  const contact: Contact = { kaggle, credentials, gpu, name, pause, timeout, onWait };
  const account = { title: "Account", findings: await examineAccount(contact) };
  if (account.findings.some(({ state }) => state === "missing")) return [account];
  const sections: Section[] = [account];
  try {
    const { findings, version } = await examineDataset(contact);
    sections.push({ title: "Dataset", findings });
    if (version !== undefined) {
      sections.push({ title: "Kernel", findings: await examineKernel(contact, version) });
      if (gpu) sections.push({ title: "GPU", findings: await examineTraining(contact, machineShape) });
    }
  } finally {
    sections.push({ title: "Clean-up", findings: await cleanUp(contact) });
  }
  return sections;
}

async function cleanUp({ kaggle, name, gpu }: Contact): Promise<Finding[]> {
  const { owner } = kaggle;
  const slugs = (suffix: string) => [name, ...(gpu ? [`${name}-${suffix}`] : [])];
  const left: string[] = [];
  const remove = (path: string, deletion: Promise<void>) =>
    deletion.catch((error: unknown) => void left.push(`kaggle.com/${path}: ${errorMessage(error)}`));
  for (const slug of slugs("gpu")) await remove(`code/${owner}/${slug}`, kaggle.kernels.delete({ owner, slug }));
  for (const slug of slugs("photos"))
    await remove(`datasets/${owner}/${slug}`, kaggle.datasets.delete({ owner, slug }));
  if (left.length === 0) return [{ check: "what was made", state: "ok", found: "deleted again" }];
  const advice = ["Delete on kaggle.com:", ...left].join("\n");
  return [{ check: "what was made", state: "warning", found: "not all of it could be deleted", advice }];
}
