import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { parseCredentials } from "../../core/kaggle/credentials.ts";
import { kaggleApi } from "../../core/kaggle/http.ts";
import { kaggleVenv } from "../../scripts/setup/paths.ts";
import { type Forward, openTunnel } from "../tunnel.ts";
import { usual } from "./faults.ts";
import { startKaggleEmulator } from "./server.ts";

/** Where `npm start` trains with strategy `kaggle`. */
export interface KaggleChoice {
  service: "local" | "real";
  /** Lets real kernels report to the local MLflow while they train. */
  tunnel: boolean;
  weights: "imagenet" | "none";
}

/** A Kaggle that is ready for the pipeline. */
export interface PreparedKaggle {
  /** For people. */
  url: string;
  /** What replaces settings of `kaggle` in the stage's configuration. */
  settings: object;
  /** Content of the secret: credentials of Kaggle, and of MLflow where kernels need them. */
  secret: Record<string, string>;
  stop(): Promise<void>;
}

export interface PrepareOptions {
  folder: string;
  mlflowUrl: string;
  log: (sentence: string) => void;
  /** What a local kernel prints. */
  onOutput?: (text: string) => void;
  /** Opens the way of a tunnel. Default: ngrok. */
  forward?: Forward;
}

/** Starts the local Kaggle, or takes the real one's credentials and opens the tunnel. @throws SetupError, InvalidInputError */
export async function prepareKaggle(choice: KaggleChoice, options: PrepareOptions): Promise<PreparedKaggle> {
  return choice.service === "local" ? startLocal(choice, options) : useReal(choice, options);
}

/** Writes the credentials where the pipeline's steps read them. */
export async function storeKaggleSecret(name: string, secret: Record<string, string>): Promise<void> {
  const client = new SecretsManagerClient();
  const SecretString = JSON.stringify(secret);
  try {
    await client.send(new CreateSecretCommand({ Name: name, SecretString }));
  } catch (error) {
    if (!(error instanceof ResourceExistsException)) throw error;
    await client.send(new PutSecretValueCommand({ SecretId: name, SecretString }));
  }
}

async function startLocal({ weights }: KaggleChoice, options: PrepareOptions): Promise<PreparedKaggle> {
  options.log("Starting the local Kaggle");
  const credentials = { username: "local", key: randomBytes(16).toString("hex") };
  const emulator = await startKaggleEmulator({
    folder: options.folder,
    port: 0,
    pythonBin: join(kaggleVenv, "bin"),
    credentials,
    faults: usual,
    ...(options.onOutput && { onOutput: options.onOutput }),
  });
  // A kernel on this machine reaches MLflow without a tunnel.
  const tracking = { uri: options.mlflowUrl };
  return {
    url: emulator.url,
    settings: { baseUrl: `${emulator.url}/api`, gpu: false, waitSeconds: 2, weights, tracking },
    secret: { KAGGLE_USERNAME: credentials.username, KAGGLE_KEY: credentials.key },
    stop: emulator.stop,
  };
}

async function useReal({ weights, tunnel: wanted }: KaggleChoice, options: PrepareOptions): Promise<PreparedKaggle> {
  const secret = await readCredentials();
  options.log(`Training on kaggle.com as ${secret.KAGGLE_USERNAME}`);
  const tunnel = wanted ? await openTunnel(options.mlflowUrl, process.env.NGROK_AUTHTOKEN, options.forward) : undefined;
  if (tunnel) options.log(`MLflow is reachable at ${tunnel.url} for the kernel`);
  const trackingCredentials = tunnel && {
    MLFLOW_TRACKING_USERNAME: tunnel.username,
    MLFLOW_TRACKING_PASSWORD: tunnel.password,
  };
  return {
    url: "https://www.kaggle.com",
    settings: { baseUrl: kaggleApi, waitSeconds: 30, weights, ...(tunnel && { tracking: { uri: tunnel.url } }) },
    secret: { ...secret, ...trackingCredentials },
    stop: async () => tunnel?.close(),
  };
}

/** From the environment, else from the file that Kaggle gives people. @throws InvalidInputError */
export async function readCredentials(
  environment: NodeJS.ProcessEnv = process.env,
  home = homedir(),
): Promise<Record<string, string>> {
  const { KAGGLE_USERNAME, KAGGLE_KEY, KAGGLE_API_TOKEN, KAGGLE_CONFIG_DIR } = environment;
  const file = join(KAGGLE_CONFIG_DIR ?? join(home, ".kaggle"), "kaggle.json");
  const { username, key } = await readFile(file, "utf8").then(JSON.parse, () => ({}));
  const found = {
    KAGGLE_USERNAME: KAGGLE_USERNAME ?? username,
    ...(KAGGLE_API_TOKEN ? { KAGGLE_API_TOKEN } : { KAGGLE_KEY: KAGGLE_KEY ?? key }),
  };
  parseCredentials(found, `Kaggle: the environment (or ${file})`);
  return found;
}
