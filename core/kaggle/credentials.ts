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

/** Value of the `Authorization` header. */
export function authorization(credentials: KaggleCredentials): string {
  if ("token" in credentials) return `Bearer ${credentials.token}`;
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.key}`).toString("base64")}`;
}
