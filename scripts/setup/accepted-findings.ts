/** A finding of checkov that is accepted, and why. */
export interface AcceptedFinding {
  check: string;
  /** The resources, each as `<type>.<logical id>`. */
  resource: RegExp;
  reason: string;
}

const accept = (check: string, resource: RegExp, reason: string): AcceptedFinding => ({ check, resource, reason });

/**
 * What checkov finds and what stays as it is. A test fails for an entry that accepts nothing.
 * Reserved concurrency leaves at least 100 to all functions that have none:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 * Alarms cannot use the key of AWS for topics: https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
 */
export const acceptedFindings: AcceptedFinding[] = [
  accept(
    "CKV_AWS_115",
    /^AWS::Lambda::Function\./,
    "What is reserved for one function is taken from the others; a new account has 10 at once, of which none can be reserved",
  ),
  accept(
    "CKV_AWS_116",
    /^AWS::Lambda::Function\.(?!(ChampionMonitor|RetrainingMonitor|Sleep|TrainerStoppedRule)\w)/,
    "It is called synchronously, or by a queue that has dead letters: the caller is told of an error",
  ),
  accept(
    "CKV_AWS_116",
    /^AWS::Lambda::Function\.(ChampionMonitor|RetrainingMonitor|Sleep|TrainerStoppedRule)\w/,
    "It is called by the clock or by an event that is worth nothing later, and an alarm fires when it fails",
  ),
  accept(
    "CKV_AWS_117",
    /^AWS::Lambda::Function\./,
    "No Lambda needs the network of the database: it is reached by the Data API, and MLflow by an API that asks for a signature",
  ),
  accept("CKV_AWS_118", /^AWS::RDS::DBInstance\./, "It bills for what it logs; what the alarms watch comes with RDS"),
  accept(
    "CKV_AWS_149",
    /^AWS::SecretsManager::Secret\./,
    "The key of AWS encrypts it; one of its own would serve to share it with another account, and costs a dollar a month",
  ),
  accept(
    "CKV_AWS_158",
    /^AWS::Logs::LogGroup\./,
    "CloudWatch encrypts logs by itself, and these hold no photographs and no secrets",
  ),
  accept(
    "CKV_AWS_173",
    /^AWS::Lambda::Function\./,
    "Lambda encrypts variables by itself, and a test lets none of them be a password, a token or a key",
  ),
  accept(
    "CKV_AWS_174",
    /^AWS::CloudFront::Distribution\./,
    "CloudFront's own certificate allows old TLS; a stage that minds has a domain, and with it TLS 1.2 at least",
  ),
  accept(
    "CKV_AWS_18",
    /^AWS::S3::Bucket\.(Raw|Data|Artifacts)Bucket/,
    "A stage that is deleted as a whole keeps no access logs: they would fill a bucket again that is being emptied",
  ),
  accept(
    "CKV_AWS_18",
    /^AWS::S3::Bucket\.AccessLogsBucket/,
    "A bucket that receives access logs and logged its own would never end",
  ),
  accept(
    "CKV_AWS_192",
    /^AWS::WAFv2::WebACL\./,
    "Nothing behind the firewall is written in Java, and each group of rules costs a dollar a month",
  ),
  accept(
    "CKV_AWS_21",
    /^AWS::S3::Bucket\.(Raw|Data|AccessLogs)Bucket/,
    "What is in it is written once, or made again from the raw data; only models are worth an older version",
  ),
  accept(
    "CKV_AWS_26",
    /^AWS::SNS::Topic\./,
    "Alarms may not use the key of AWS for topics, and a key of its own costs a dollar a month; messages name models and alarms",
  ),
  accept("CKV_AWS_27", /^AWS::SQS::Queue\./, "It asks for a key of KMS; a test demands that SQS encrypts every queue"),
  accept(
    "CKV_AWS_65",
    /^AWS::ECS::Cluster\./,
    "Container Insights bills by the task; what the alarms watch comes with ECS, and trainers report to their log and to MLflow",
  ),
  accept(
    "CKV_AWS_86",
    /^AWS::CloudFront::Distribution\./,
    "CloudFront's logs hold callers' network addresses, which are personal data; the API logs every request without them",
  ),
];
