import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { DescribeImagesCommand, type ECRClient } from "@aws-sdk/client-ecr";
import { DescribeTaskDefinitionCommand, type ECSClient, type TaskDefinition } from "@aws-sdk/client-ecs";
import { GetRoleCommand, type IAMClient } from "@aws-sdk/client-iam";
import { GetFunctionConfigurationCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { type Answer, ask, isAbsent } from "../ask.ts";
import type { Finding } from "../finding.ts";

export interface TaskClients {
  ecs: ECSClient;
  ecr: ECRClient;
  iam: IAMClient;
}

/** Can a task be started from its definition? It is active, its image is in the registry and its roles exist. */
export function checkTask(clients: TaskClients, name: string, arn: string, deploy: string): Promise<Finding> {
  const permission = "ecs:DescribeTaskDefinition, ecr:DescribeImages and iam:GetRole";
  return ask(`task of ${name}`, permission, async () => {
    const missing = (found: string): Answer => ({ state: "missing", found, advice: `Deploy again: ${deploy}` });
    const taskDefinition = await describe(clients.ecs, arn);
    if (taskDefinition?.status !== "ACTIVE") return missing(`${arn} is ${taskDefinition?.status ?? "gone"}`);
    const image = taskDefinition.containerDefinitions?.[0]?.image ?? "";
    if (!(await hasImage(clients.ecr, image))) return missing(`its image ${image} does not exist`);
    const role = await findMissingRole(clients.iam, taskDefinition);
    if (role) return missing(`its role ${role} does not exist`);
    return { state: "ok", found: `${arn.split("/").at(-1)}, with its image and its roles` };
  });
}

async function describe(client: ECSClient, taskDefinition: string): Promise<TaskDefinition | undefined> {
  try {
    return (await client.send(new DescribeTaskDefinitionCommand({ taskDefinition }))).taskDefinition;
  } catch (error) {
    // ECS has no name of its own for a definition that does not exist.
    if ((error as Error).name === "ClientException") return undefined;
    throw error;
  }
}

/** `account.dkr.ecr.region.amazonaws.com/repository:tag`, or with `@sha256:…`. */
async function hasImage(client: ECRClient, image: string): Promise<boolean> {
  const [, registryId, repositoryName = "", tag, digest] =
    /^(\d{12})\.dkr\.ecr\.[^/]+\/([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(image) ?? [];
  const imageIds = [digest ? { imageDigest: digest } : { imageTag: tag }];
  try {
    const found = await client.send(new DescribeImagesCommand({ registryId, repositoryName, imageIds }));
    return (found.imageDetails ?? []).length > 0;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

async function findMissingRole(client: IAMClient, task: TaskDefinition): Promise<string | undefined> {
  for (const arn of [task.taskRoleArn, task.executionRoleArn]) {
    const RoleName = arn?.split("/").at(-1) ?? "";
    try {
      await client.send(new GetRoleCommand({ RoleName }));
    } catch (error) {
      if (isAbsent(error)) return RoleName;
      throw error;
    }
  }
  return undefined;
}

/** Does the network exist in which `start-training` starts trainers? */
export function checkTrainerNetwork(ec2: EC2Client, lambda: LambdaClient, starter: string): Promise<Finding> {
  const permission = "lambda:GetFunctionConfiguration, ec2:DescribeSubnets and ec2:DescribeSecurityGroups";
  return ask("network of trainers", permission, async () => {
    const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: starter }));
    const { TRAINER_SUBNETS = "", TRAINER_SECURITY_GROUP = "" } = Environment?.Variables ?? {};
    const SubnetIds = TRAINER_SUBNETS.split(",");
    try {
      await ec2.send(new DescribeSubnetsCommand({ SubnetIds }));
      await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [TRAINER_SECURITY_GROUP] }));
    } catch (error) {
      if (!isAbsent(error)) throw error;
      const advice = "Something deleted it by hand. `npx cdk drift` names what differs.";
      return { state: "missing", found: (error as Error).message, advice };
    }
    return { state: "ok", found: `${SubnetIds.length} subnets, ${TRAINER_SECURITY_GROUP}` };
  });
}
