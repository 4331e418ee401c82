import { randomBytes } from "node:crypto";
import { errorMessage } from "../core/errors.ts";
import { SetupError } from "../scripts/setup/run.ts";
import { startBasicAuthProxy } from "./basic-auth-proxy.ts";

/** Makes a local address reachable from outside. */
export type Forward = (url: string, token: string) => Promise<{ url: string; close(): Promise<void> }>;

/** An address on the internet that leads to a local MLflow, for who has the password. */
export interface Tunnel {
  url: string;
  username: string;
  password: string;
  close(): Promise<void>;
}

/**
 * Opens a tunnel to a server on this machine with a password that is new each time.
 * @throws SetupError without a token, or when the tunnel cannot be opened
 */
export async function openTunnel(
  target: string,
  token: string | undefined,
  forward: Forward = forwardWithNgrok,
): Promise<Tunnel> {
  if (!token) {
    throw new SetupError(
      "--tunnel needs an ngrok token: take yours from https://dashboard.ngrok.com/get-started/your-authtoken and set " +
        "NGROK_AUTHTOKEN. Without --tunnel the kernel's results come into MLflow when it is done.",
    );
  }
  const username = "kaggle";
  const password = randomBytes(18).toString("base64url");
  const proxy = await startBasicAuthProxy(target, username, password);
  try {
    const { url, close } = await forward(proxy.url, token);
    const closeBoth = async () => {
      await close();
      await proxy.close();
    };
    return { url, username, password, close: closeBoth };
  } catch (error) {
    await proxy.close();
    const what = `The tunnel could not be opened: ${errorMessage(error)}`;
    throw new SetupError(`${what}. Check NGROK_AUTHTOKEN and the network, or leave --tunnel out.`);
  }
}

async function forwardWithNgrok(addr: string, authtoken: string) {
  const { forward } = await import("@ngrok/ngrok");
  const listener = await forward({ addr, authtoken });
  const url = listener.url();
  if (!url) throw new Error("ngrok gave no address");
  return { url, close: () => listener.close() };
}
