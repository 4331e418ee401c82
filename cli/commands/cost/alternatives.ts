import { callSeconds, hoursAMonth, prediction } from "./assumptions.ts";
import { type Charge, idle, type Load, perPrediction } from "./charge.ts";
import { priceTrainingJob } from "./training-jobs.ts";

/** Another way to run the same service, for the same load. */
export interface Alternative {
  name: string;
  /** Lines of the stage that it does without. */
  replaces: RegExp;
  charges: Charge[];
}

/** What each alternative costs instead. `memory` is the predict Lambda's, in GB. */
export function listAlternatives(load: Load, memory: number): Alternative[] {
  return [sageMaker(load, memory), virtualMachine];
}

/** A serverless endpoint behind the same API, whose memory is a whole number of GB, 6 at most, and a managed MLflow. */
function sageMaker(load: Load, memory: number): Alternative {
  const endpoint = "SageMaker serverless endpoint";
  const gigabytes = Math.min(6, Math.ceil(memory));
  return {
    name: "SageMaker: serverless endpoint, managed MLflow, training jobs",
    replaces:
      /^(Lambda (predict|stop-idle-registry)|MLflow|API of MLflow|database|secrets|private DNS zone|trainer|SageMaker)/,
    charges: [
      idle("SageMaker MLflow tracking server, small", "sageMakerMlflow", hoursAMonth),
      perPrediction(load, endpoint, "sageMakerServerless", (callSeconds.predict ?? 0) * gigabytes),
      perPrediction(load, endpoint, "sageMakerTransfer", prediction.photograph + prediction.answer),
      priceTrainingJob(load, "ml.g4dn.xlarge"),
    ],
  };
}

/** API, MLflow, PostgreSQL and trainer on one machine: the trainer's 8 GB decide its size. Backups and updates are yours. */
const virtualMachine: Alternative = {
  name: "one virtual machine that is always on",
  replaces:
    /^(Lambda|MLflow|API|database|secrets|private DNS zone|trainer|SageMaker|Step Functions|container images|asking|traces)/,
  charges: [
    idle("EC2 t3.large", "virtualMachine", hoursAMonth),
    idle("its public address", "publicAddress", hoursAMonth),
    idle("its disk, 50 GB", "disk", 50),
  ],
};
