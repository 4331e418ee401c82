import type { Network as NetworkName } from "../../core/contracts/execution.ts";
import { InvalidInputError } from "../../core/errors.ts";
import { compact } from "./compact.ts";
import { mobilenet } from "./mobilenet.ts";
import type { Network } from "./network.ts";

const networks: Partial<Record<NetworkName, Network>> = { compact, mobilenet };

/** The network of this name. @throws InvalidInputError for one that is trained elsewhere */
export function networkNamed(name: NetworkName): Network {
  const network = networks[name];
  if (network) return network;
  throw new InvalidInputError(`This trainer cannot train '${name}'. It trains ${Object.keys(networks).join(" and ")}.`);
}
