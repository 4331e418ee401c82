import { createHash } from "node:crypto";

/** An AWS account in one region, as templates see it. */
export interface Account {
  id: string;
  region: string;
}

/** The account that templates are read for unless a test says otherwise. */
export const account: Account = { id: "123456789012", region: "us-east-1" };

/** What CloudFormation's pseudo parameters stand for in a stack. */
export function pseudoParameters({ id, region }: Account, stackName: string): Record<string, string> {
  return {
    "AWS::AccountId": id,
    "AWS::Region": region,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": stackName,
    "AWS::StackId": `arn:aws:cloudformation:${region}:${id}:stack/${stackName}/${randomId(stackName, 8)}`,
  };
}

/** Zones of a region as `Fn::GetAZs` lists them. */
export function availabilityZones(region: string): string[] {
  return ["a", "b", "c"].map((letter) => `${region}${letter}`);
}

/** An identifier that AWS would make up: always the same for the same seed, hexadecimal digits that begin with a letter. */
export function randomId(seed: string, length: number): string {
  return `a${createHash("sha256").update(seed).digest("hex")}`.slice(0, length);
}
