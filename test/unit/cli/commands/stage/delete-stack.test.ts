import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type StackStatus,
} from "@aws-sdk/client-cloudformation";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, expect, it, vi } from "vitest";
import { deleteStack } from "../../../../../cli/commands/stage/delete-stack.ts";

const cloudFormation = mockClient(CloudFormationClient);
afterEach(() => cloudFormation.reset());

/** A stack whose deletions end so, one after the other. */
function stackThat(...ends: StackStatus[]): void {
  let status: StackStatus = "UPDATE_COMPLETE";
  const stack = () => ({ StackName: "one", StackId: "arn:one", CreationTime: new Date(), StackStatus: status });
  cloudFormation.on(DescribeStacksCommand).callsFake(() => ({ Stacks: [stack()] }));
  cloudFormation.on(DeleteStackCommand).callsFake(() => {
    status = ends.shift() ?? status;
    return {};
  });
  const event = { StackId: "arn:one", EventId: "1", StackName: "one", ResourceStatus: "DELETE_FAILED" as const };
  cloudFormation.on(DescribeStackEventsCommand).callsFake(() => ({
    StackEvents: [
      { ...event, Timestamp: new Date(), ResourceType: "AWS::CloudFormation::Stack", PhysicalResourceId: "arn:one" },
      {
        ...event,
        Timestamp: new Date(),
        ResourceType: "AWS::S3::Bucket",
        PhysicalResourceId: "logs",
        ResourceStatusReason: "The bucket you tried to delete is not empty",
      },
      { ...event, Timestamp: new Date(0), ResourceType: "AWS::S3::Bucket", PhysicalResourceId: "an-earlier-time" },
    ],
  }));
}

it("prepares and deletes again what could not be deleted", async () => {
  stackThat("DELETE_FAILED", "DELETE_COMPLETE");
  const prepare = vi.fn(async () => {});
  await deleteStack(new CloudFormationClient(), "one", prepare);
  expect(prepare).toHaveBeenCalledTimes(2);
});

it("gives up after three attempts, with the reasons of the last one", async () => {
  stackThat("DELETE_FAILED", "DELETE_FAILED", "DELETE_FAILED", "DELETE_COMPLETE");
  const error: Error = await deleteStack(new CloudFormationClient(), "one", async () => {}).catch((thrown) => thrown);
  expect(error.message).toContain("AWS::S3::Bucket logs: The bucket you tried to delete is not empty");
  expect(error.message).toContain("run the command again");
  expect(error.message).not.toMatch(/an-earlier-time|CloudFormation::Stack/);
});
