import type { Strategy } from "../../../core/contracts/execution.ts";
import { retrainingUse, strategyUse } from "./assumptions.ts";
import type { PriceName } from "./prices.ts";

/** What a stage has to do in a month. */
export interface Load {
  predictions: number;
  retrainings: number;
  strategy: Strategy;
}

/** What is charged without any use, for predictions, and for retrainings. */
export type Part = "idle" | "predictions" | "retrainings";

/** So many units of a price in a month. */
export interface Charge {
  /** Line of the table that it belongs to. */
  item: string;
  part: Part;
  price: PriceName;
  quantity: number;
}

/** A resource of a template. */
export interface Resource {
  /** Its logical id. */
  id: string;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: templates have no types
  properties: any;
  /** All resources of its template, by logical id. */
  neighbours: ReadonlyMap<string, Resource>;
}

/** Says what resources of one type cost. */
export type Pricer = (resource: Resource, load: Load) => Charge[];

/** A quantity that is charged whether anything happens or not. */
export function idle(item: string, price: PriceName, quantity: number): Charge {
  return { item, part: "idle", price, quantity };
}

/** A quantity that is charged for each retraining. */
export function perRetraining({ retrainings }: Load, item: string, price: PriceName, quantity: number): Charge {
  return { item, part: "retrainings", price, quantity: retrainings * quantity };
}

/** A quantity that is charged for each prediction. */
export function perPrediction({ predictions }: Load, item: string, price: PriceName, quantity: number): Charge {
  return { item, part: "predictions", price, quantity: predictions * quantity };
}

/** Seconds and calls of a Lambda in one retraining; undefined for one that retrainings do not know. */
export function useInRetraining(program: string, strategy: Strategy): { seconds: number; calls: number } | undefined {
  const ofOthers = Object.values(strategyUse).some((uses) => program in uses);
  return strategyUse[strategy][program] ?? retrainingUse[program] ?? (ofOthers ? { seconds: 0, calls: 0 } : undefined);
}

/** The resource that `Ref` or `Fn::GetAtt` names, of the same template. */
export function referred(
  { neighbours }: Resource,
  reference: { Ref?: string; "Fn::GetAtt"?: [string, string] },
): Resource | undefined {
  return neighbours.get(reference.Ref ?? reference["Fn::GetAtt"]?.[0] ?? "");
}
