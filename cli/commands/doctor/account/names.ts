import { CloudWatchClient, paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, paginateDescribeLogGroups } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeClustersCommand, ECSClient } from "@aws-sdk/client-ecs";
import { LambdaClient, paginateListFunctions } from "@aws-sdk/client-lambda";
import { paginateDescribeDBClusters, type RDSClient } from "@aws-sdk/client-rds";
import { paginateListSchedules, SchedulerClient } from "@aws-sdk/client-scheduler";
import { paginateListStateMachines, SFNClient } from "@aws-sdk/client-sfn";
import { paginateListTopics, SNSClient } from "@aws-sdk/client-sns";
import { paginateListQueues, SQSClient } from "@aws-sdk/client-sqs";

/** Things of one kind that bear the stage's names, whatever created them. */
export interface NamedKind {
  kind: string;
  permission: string;
  /** Identifiers as CloudFormation has them. */
  list(): Promise<string[]>;
  /** The command that deletes one. */
  remove(id: string): string;
}

/** Kinds whose names are fixed: something else of the same name makes a deployment fail ("already exists"). */
export function namedKinds(stage: string): NamedKind[] {
  const own = `avocado-${stage}`;
  const isOwn = (name = "") => name.startsWith(`${own}-`);
  const logs = new CloudWatchLogsClient();
  const logGroups = (logGroupNamePrefix: string) =>
    collect(paginateDescribeLogGroups({ client: logs }, { logGroupNamePrefix }), ({ logGroups: found = [] }) =>
      found.map(({ logGroupName }) => logGroupName),
    );
  return [
    {
      kind: "log group",
      permission: "logs:DescribeLogGroups",
      list: async () => [
        ...(await logGroups(`/avocado/${stage}/`)),
        ...(await logGroups(`/aws/vendedlogs/states/${own}-retraining`)),
      ],
      remove: (id) => `aws logs delete-log-group --log-group-name ${id}`,
    },
    {
      kind: "Lambda function",
      permission: "lambda:ListFunctions",
      list: async () =>
        (
          await collect(paginateListFunctions({ client: new LambdaClient() }, {}), ({ Functions = [] }) =>
            Functions.map(({ FunctionName }) => FunctionName),
          )
        ).filter(isOwn),
      remove: (id) => `aws lambda delete-function --function-name ${id}`,
    },
    {
      kind: "ECS cluster",
      permission: "ecs:DescribeClusters",
      list: async () => {
        const { clusters = [] } = await new ECSClient().send(
          new DescribeClustersCommand({ clusters: [own, `${own}-trainer`] }),
        );
        return clusters.filter(({ status }) => status === "ACTIVE").map(({ clusterName = "" }) => clusterName);
      },
      remove: (id) => `aws ecs delete-cluster --cluster ${id}`,
    },
    {
      kind: "state machine",
      permission: "states:ListStateMachines",
      list: async () =>
        (
          await collect(paginateListStateMachines({ client: new SFNClient() }, {}), ({ stateMachines = [] }) =>
            stateMachines.map(({ stateMachineArn }) => stateMachineArn),
          )
        ).filter((arn) => arn.endsWith(`:${own}-retraining`)),
      remove: (id) => `aws stepfunctions delete-state-machine --state-machine-arn ${id}`,
    },
    {
      kind: "queue",
      permission: "sqs:ListQueues",
      list: () =>
        collect(
          paginateListQueues({ client: new SQSClient() }, { QueueNamePrefix: `${own}-` }),
          ({ QueueUrls }) => QueueUrls ?? [],
        ),
      remove: (id) => `aws sqs delete-queue --queue-url ${id}`,
    },
    {
      kind: "topic",
      permission: "sns:ListTopics",
      list: async () =>
        (
          await collect(paginateListTopics({ client: new SNSClient() }, {}), ({ Topics = [] }) =>
            Topics.map(({ TopicArn }) => TopicArn),
          )
        ).filter((arn) => isOwn(arn.split(":").at(-1))),
      remove: (id) => `aws sns delete-topic --topic-arn ${id}`,
    },
    {
      kind: "alarm",
      permission: "cloudwatch:DescribeAlarms",
      list: () =>
        collect(
          paginateDescribeAlarms({ client: new CloudWatchClient() }, { AlarmNamePrefix: `${own}-` }),
          ({ MetricAlarms = [] }) => MetricAlarms.map(({ AlarmName }) => AlarmName),
        ),
      remove: (id) => `aws cloudwatch delete-alarms --alarm-names ${id}`,
    },
    {
      kind: "schedule",
      permission: "scheduler:ListSchedules",
      list: () =>
        collect(
          paginateListSchedules({ client: new SchedulerClient() }, { NamePrefix: `${own}-` }),
          ({ Schedules = [] }) => Schedules.map(({ Name }) => Name),
        ),
      remove: (id) => `aws scheduler delete-schedule --name ${id}`,
    },
  ];
}

/** Database clusters that stacks of this stage made. Their names are made up, so they block nothing, but they cost. */
export async function listDatabases(client: RDSClient, stage: string): Promise<string[]> {
  const ids = await collect(paginateDescribeDBClusters({ client }, {}), ({ DBClusters = [] }) =>
    DBClusters.map(({ DBClusterIdentifier }) => DBClusterIdentifier),
  );
  return ids.filter((id) => id.startsWith(`avocado-${stage}-data-`));
}

async function collect<T>(pages: AsyncIterable<T>, idsOf: (page: T) => (string | undefined)[]): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of pages) ids.push(...idsOf(page).filter((id) => id !== undefined));
  return ids;
}
