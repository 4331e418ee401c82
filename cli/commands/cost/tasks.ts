import { hoursAMonth, imageSizes, logs, retraining } from "./assumptions.ts";
import { type Charge, idle, type Load, type Pricer, perRetraining, type Resource, referred } from "./charge.ts";
import type { PriceName } from "./prices.ts";

/** Hours for which a retraining uses MLflow and the database. */
export function hoursInUse({ strategy }: Load): number {
  const { trainingHours, otherHours } = retraining[strategy];
  return trainingHours + otherHours;
}

/** MLflow's service: always there, or from a retraining's start until it has not been used for a while. */
export const priceService: Pricer = (service, load) => {
  const { DesiredCount: always, CapacityProviderStrategy: providers = [] } = service.properties;
  const spot = providers[0]?.CapacityProvider === "FARGATE_SPOT";
  const task = referred(service, service.properties.TaskDefinition);
  if (!task) return [];
  const hours = hoursInUse(load) + scaleDownHours(service);
  const charge = (item: string, price: PriceName, units: number): Charge =>
    always ? idle(item, price, units * hoursAMonth) : perRetraining(load, item, price, units * hours);
  return [
    charge("MLflow, CPU", spot ? "fargateSpotCpu" : "fargateCpu", task.properties.Cpu / 1024),
    charge("MLflow, memory", spot ? "fargateSpotMemory" : "fargateMemory", task.properties.Memory / 1024),
    charge("MLflow, public address", "publicAddress", 1),
    charge("logs", "logs", logs.rejectedTraffic / hoursAMonth),
  ];
};

/** How long MLflow goes on after its last use: the pause that ends it, and half of the time between two checks. */
function scaleDownHours({ neighbours }: Resource): number {
  const variables = [...neighbours.values()].flatMap(({ properties }) => properties.Environment?.Variables ?? []);
  const minutes = Number(
    variables.find((found) => found.SCALE_TO_ZERO_AFTER_MINUTES)?.SCALE_TO_ZERO_AFTER_MINUTES ?? 0,
  );
  return minutes ? (minutes + 7.5) / 60 : 0;
}

/** The trainer's task; MLflow's is priced with its service. Both need an image. */
export const priceTask: Pricer = ({ properties }, load) => {
  const trains = String(properties.Family).endsWith("-trainer");
  const image = idle("container images", "ecrStorage", imageSizes[trains ? "trainer" : "mlflow"] ?? 0);
  if (!trains || load.strategy !== "ecs") return [image];
  const hours = retraining.ecs.trainingHours;
  const disk = (properties.EphemeralStorage?.SizeInGiB ?? 20) - 20;
  return [
    image,
    perRetraining(load, "trainer, CPU", "fargateCpu", hours * (properties.Cpu / 1024)),
    perRetraining(load, "trainer, memory", "fargateMemory", hours * (properties.Memory / 1024)),
    perRetraining(load, "trainer, disk and public address", "fargateStorage", hours * disk),
    perRetraining(load, "trainer, disk and public address", "publicAddress", hours),
  ];
};
