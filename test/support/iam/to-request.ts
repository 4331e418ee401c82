import type { IamRequest } from "./policy.ts";
import type { RecordedCall } from "./record-calls.ts";
import { account, arn, region } from "./resolve.ts";

/** Ids of a stage's APIs, as its policies name them. */
export interface ApiIds {
  mlflow: string;
  predict: string;
}

/**
 * What IAM is asked for by a call that a program of stage `local` made, had it been made in another stage; none for one that no
 * other stage makes. Actions after https://docs.aws.amazon.com/service-authorization/latest/reference/ (Amazon S3: a HEAD needs
 * s3:GetObject, parts of an upload need s3:PutObject).
 * @throws Error for a call that it does not know
 */
export function toIamRequests(call: RecordedCall, stage: string, apis: ApiIds): IamRequest[] {
  const { service, method } = call;
  const path = new URL(call.path, "http://x");
  if (service === "s3") return s3Requests(method, path, stage);
  // Trainings wait in a queue on a laptop only.
  if (service === "sqs") return [];
  if (service === "http") {
    const api = path.pathname === "/reload-model" ? apis.predict : apis.mlflow;
    return [
      { action: "execute-api:Invoke", resource: arn("execute-api", `${api}/$default/${method}${path.pathname}`) },
    ];
  }
  const [, invoked] =
    (service === "lambda" && /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path.pathname)) || [];
  if (invoked) {
    const name = decodeURIComponent(invoked).split(":").at(-1)?.replace("avocado-local-", `avocado-${stage}-`);
    return [{ action: "lambda:InvokeFunction", resource: arn("lambda", `function:${name}`) }];
  }
  const operation = call.target?.split(".").at(-1) ?? "";
  const about = JSON.parse(call.body || "{}");
  const machine = arn("states", `stateMachine:avocado-${stage}-retraining`);
  switch (`${service}:${operation}`) {
    case "states:DescribeExecution":
      return [
        { action: "states:DescribeExecution", resource: arn("states", `execution:avocado-${stage}-retraining:one`) },
      ];
    // The token names the state machine.
    case "states:SendTaskSuccess":
    case "states:SendTaskFailure":
    case "states:SendTaskHeartbeat":
      return [{ action: `states:${operation}`, resource: machine }];
    case "secretsmanager:GetSecretValue":
      return [
        {
          action: "secretsmanager:GetSecretValue",
          resource: arn("secretsmanager", `secret:${String(about.SecretId).replace("/local/", `/${stage}/`)}-AbCdEf`),
        },
      ];
    case "events:PutEvents":
      return [{ action: "events:PutEvents", resource: arn("events", "event-bus/default") }];
    default:
      throw new Error(`${service}:${operation} is not known: add it to test/support/iam/to-request.ts`);
  }
}

function s3Requests(method: string, { pathname, searchParams }: URL, stage: string): IamRequest[] {
  const [, local = "", key = ""] = /^\/([^/]+)\/?(.*)$/s.exec(decodeURIComponent(pathname)) ?? [];
  const bucket = `arn:aws:s3:::${local.replace("avocado-local-", `avocado-${stage}-`)}-${account}-${region}`;
  const context = { "aws:SecureTransport": "true", "s3:TlsVersion": "1.3" };
  const list = { action: "s3:ListBucket", resource: bucket, context };
  if (!key) return [list];
  const resource = `${bucket}/${key}`;
  if (method === "DELETE" && searchParams.has("uploadId")) {
    return [{ action: "s3:AbortMultipartUpload", resource, context }];
  }
  // An object that is not there is 404 to who may list the bucket, and 403 to others.
  const get = { action: "s3:GetObject", resource, context };
  if (method === "HEAD" || method === "GET") return [get, list];
  if (method === "PUT" || method === "POST") return [{ action: "s3:PutObject", resource, context }];
  throw new Error(`S3's ${method} ${pathname} is not known: add it to test/support/iam/to-request.ts`);
}
