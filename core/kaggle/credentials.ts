import { z } from "zod";
import { InvalidInputError } from "../errors.ts";

/** Who speaks to Kaggle. `username` also owns what is made there. */
export type KaggleCredentials = { username: string } & ({ key: string } | { token: string });

const given = z.string().trim().min(1).optional();
/** As in the environment of Kaggle's own tools, and as the secret keeps them. */
const variables = z.object({ KAGGLE_USERNAME: given, KAGGLE_KEY: given, KAGGLE_API_TOKEN: given });

/**
 * Credentials from `KAGGLE_USERNAME` with `KAGGLE_API_TOKEN` (preferred, as by Kaggle's own tools) or `KAGGLE_KEY`.
 * `where` names in the error what was read.
 * @throws InvalidInputError saying what is missing and where to get it
 */
export function parseCredentials(values: unknown, where: string): KaggleCredentials {
  const parsed = variables.safeParse(values);
  const { KAGGLE_USERNAME: username, KAGGLE_KEY: key, KAGGLE_API_TOKEN: token } = parsed.data ?? {};
  if (username && token) return { username, token };
  if (username && key) return { username, key };
  throw new InvalidInputError(
    `${where} lacks ${username ? "KAGGLE_API_TOKEN or KAGGLE_KEY" : "KAGGLE_USERNAME"}. It takes KAGGLE_USERNAME with ` +
      "KAGGLE_API_TOKEN or KAGGLE_KEY: make a token on kaggle.com under Settings, API.",
  );
}

/** An MLflow server that kernels report to. User and password are empty where it asks for none. */
export interface Tracking {
  uri: string;
  username: string;
  password: string;
}

/** As MLflow's own clients name them. */
const trackingVariables = z.object({ MLFLOW_TRACKING_USERNAME: given, MLFLOW_TRACKING_PASSWORD: given });

/**
 * The MLflow at `uri` with the user and password, if any, of the same secret: `MLFLOW_TRACKING_USERNAME`,
 * `MLFLOW_TRACKING_PASSWORD`. `where` names in the error what was read.
 * @throws InvalidInputError when one of the two is there without the other
 */
export function parseTracking(uri: string, values: unknown, where: string): Tracking {
  const { MLFLOW_TRACKING_USERNAME: username = "", MLFLOW_TRACKING_PASSWORD: password = "" } =
    trackingVariables.safeParse(values).data ?? {};
  if (Boolean(username) === Boolean(password)) return { uri, username, password };
  const [has, lacks] = username ? ["USERNAME", "PASSWORD"] : ["PASSWORD", "USERNAME"];
  throw new InvalidInputError(
    `${where} has MLFLOW_TRACKING_${has} but no MLFLOW_TRACKING_${lacks}: give kernels both, or neither.`,
  );
}

/** Value of the `Authorization` header. */
export function authorization(credentials: KaggleCredentials): string {
  if ("token" in credentials) return `Bearer ${credentials.token}`;
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.key}`).toString("base64")}`;
}
