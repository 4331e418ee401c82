/** A field that its contract does not bound: its characters in JSON (of a record, its names') and how many entries it has. */
interface OpenField {
  bytes: number;
  entries?: number;
  why: string;
}

const arn = { bytes: 256, why: "an ARN: an API takes 256 characters of it" };
const id = { bytes: 64, why: "an identifier, whatever the data" };
/** UTF-8 has at most 3 bytes for each of the characters that are counted. */
const cause = { bytes: 3 * 32_768, why: "Step Functions cuts it at 32,768 characters: API_TaskFailedEventDetails" };
const sentence = { bytes: 4096, why: "a sentence of our own, with versions and numbers in it" };
const countsByReason = { bytes: 64, entries: 64, why: "one count for each reason that the code knows, less than 30" };

/** Each field of the state that its contract leaves open, with its bound. */
export const openFields: Record<string, OpenField | undefined> = {
  data: { bytes: 6 * 1024, why: "the execution's input has 1,024 characters of it" },
  modelName: { bytes: 120, why: "the execution's input has 120 ASCII characters of it" },
  executionArn: arn,
  holder: arn,
  version: id,
  modelVersion: id,
  runId: id,
  headRunId: id,
  sha256: id,
  owner: id,
  slug: { bytes: 128, why: "Kaggle's address of a kernel" },
  source: { bytes: 256, why: "owner, address and version on Kaggle" },
  prefix: { bytes: 64, why: "fetched/<16 digits>/" },
  problemsKey: { bytes: 128, why: "the prefix and a name" },
  /** Of a failure. Of a promotion or a lock it is a sentence of our own, and shorter. */
  reason: cause,
  Cause: cause,
  Error: { bytes: 256, why: "Step Functions cuts it there" },
  error: { bytes: 256, why: "the same" },
  taskToken: { bytes: 2048, why: "API_SendTaskSuccess" },
  serving: sentence,
  status: { bytes: 64, why: "a word of Kaggle's" },
  problems: countsByReason,
  dropped: countsByReason,
  metrics: { bytes: 64, entries: 256, why: "the metrics of a run, which the trainer's code names" },
  groups: { bytes: 8, entries: 3, why: "one for each storage condition" },
};
