import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { ECSClient } from "@aws-sdk/client-ecs";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { InvalidInputError, NotFoundError } from "../../../core/errors.ts";
import { ask } from "../../terminal/confirm.ts";
import type { Progress } from "../../terminal/progress.ts";
import { deleteStack } from "./delete-stack.ts";
import { emptyBucket } from "./empty-bucket.ts";
import { readFate, type StackFate } from "./kept.ts";
import { deleteLeftovers, findLeftovers, type Leftovers } from "./leftovers.ts";
import { heldResources, readStacks, type StackResource } from "./stacks.ts";
import { stopExecutions, stopTasks } from "./stop-work.ts";

/**
 * Deletes a stage, after it has said what goes and what stays, and says at the end what has stayed. A stack that is protected
 * (`keepData`) stays whole: its network cannot go without its database. Run again, it goes on where it had stopped.
 * @throws NotFoundError where the stage has nothing; InvalidInputError where the stage's name is not typed
 */
export async function tearDown(stage: string, yes: boolean, progress: Progress): Promise<void> {
  const client = new CloudFormationClient();
  const region = await client.config.region();
  const { stacks } = await readStacks(client, stage);
  const fates: StackFate[] = [];
  for (const stack of stacks) fates.push(await readFate(client, stack));
  const staying = fates.filter(({ isProtected }) => isProtected);
  const going = fates.filter(({ isProtected }) => !isProtected);
  const kept = going.flatMap((stack) => stack.kept);
  const left = await findLeftovers(stage, region, idsOf(heldResources(stacks)));
  if (going.length + left.logGroups.length + left.buckets.length === 0) {
    const why = staying.length > 0 ? `${describeKept(staying, [])}\n\n${howToDelete(stage)}` : "It is not deployed.";
    throw new NotFoundError(`Of stage '${stage}' there is nothing to delete in ${region}. ${why}`);
  }
  progress.line(`To delete in ${region}:\n${[...describeGoing(going), ...describeLeft(left)].join("\n")}`);
  if (staying.length + kept.length > 0) progress.line(`To keep:\n${describeKept(staying, kept)}`);
  if (!yes && (await ask("All of it is lost. To delete it, type the name of the stage:")) !== stage)
    throw new InvalidInputError("That is not the name of the stage, so nothing was deleted.");

  for (const stack of going) {
    progress.now(`Deleting ${stack.name}`);
    await deleteStack(client, stack.name, () => prepare(stack, progress));
    progress.line(`Deleted ${stack.name}`);
  }
  // Looked for again: what ran to the end may have written a log that no stack had made.
  const staysThere = idsOf([...staying.flatMap(allOf), ...kept]);
  const late = await findLeftovers(stage, region, staysThere);
  await deleteLeftovers(late);
  if (late.logGroups.length + late.buckets.length > 0) progress.line(`Deleted\n${describeLeft(late).join("\n")}`);
  progress.line(staying.length + kept.length > 0 ? `Kept:\n${describeKept(staying, kept)}` : "Nothing of it is left.");
  if (staying.length > 0) progress.line(howToDelete(stage));
  progress.line(
    "Images and code of the Lambdas lie in the CDK's own bucket and repository, which all CDK apps of the account share. " +
      "'npx cdk gc --unstable=gc' deletes what no stack uses.",
  );
}

const idsOf = (resources: StackResource[]) => new Set(resources.map(({ id }) => id));
const allOf = ({ kept, deleted }: StackFate) => [...kept, ...deleted];

/** Ends what would keep a stack from being deleted. */
async function prepare({ deleted: going }: StackFate, progress: Progress): Promise<void> {
  const ofType = (type: string) => going.filter((each) => each.type === type).map(({ id }) => id);
  for (const machine of ofType("AWS::StepFunctions::StateMachine")) {
    const stopped = await stopExecutions(new SFNClient(), machine);
    if (stopped > 0) progress.line(`Stopped ${stopped} executions`);
  }
  // A service's tasks go with it.
  if (ofType("AWS::ECS::Service").length === 0) {
    for (const cluster of ofType("AWS::ECS::Cluster")) {
      const stopped = await stopTasks(new ECSClient(), cluster);
      if (stopped > 0) progress.line(`Stopped ${stopped} trainers`);
    }
  }
  for (const bucket of ofType("AWS::S3::Bucket")) {
    const deleted = await emptyBucket(new S3Client(), bucket);
    progress.line(`Emptied ${bucket} (${deleted} objects)`);
  }
}

/** What people would miss; of the rest, how many there are. */
const dear = ["AWS::S3::Bucket", "AWS::RDS::DBCluster", "AWS::SecretsManager::Secret"];

function describeGoing(stacks: StackFate[]): string[] {
  return stacks.flatMap(({ name, deleted }) => [`  ${name} (${deleted.length} resources)`, ...namesOf(deleted)]);
}

function describeLeft({ buckets, logGroups }: Leftovers): string[] {
  const lines = [...buckets.map((name) => `bucket ${name}`), ...logGroups.map((name) => `log group ${name}`)];
  return lines.map((line) => `  ${line}, of no stack`);
}

function describeKept(staying: StackFate[], kept: StackResource[]): string {
  const whole = staying.flatMap((stack) => [
    `  ${stack.name} (${allOf(stack).length} resources), protected by 'keepData'`,
    ...namesOf(allOf(stack)),
  ]);
  return [...whole, ...kept.map(({ type, id }) => `  ${type} ${id}`)].join("\n");
}

function namesOf(resources: StackResource[]): string[] {
  return resources.filter(({ type }) => dear.includes(type)).map(({ type, id }) => `    ${type} ${id}`);
}

function howToDelete(stage: string): string {
  return (
    `To delete that too: set "keepData": false in config/${stage}.json, run 'npx cdk deploy --all -c stage=${stage}', ` +
    "then this command again."
  );
}
