/** What AWS asks for one unit of something. */
export interface Price {
  dollars: number;
  unit: string;
  /** Where the price was read. */
  source: string;
  /** When it was valid there: year and month. */
  seen: string;
  /** Units a month that no account pays for, for an unlimited time and for all stages of the account together. */
  free?: number;
}

const fargate = { source: "https://www.wring.co/blog/aws-fargate-pricing-guide", seen: "2026-03" };
const aurora = { source: "https://awsnegotiations.com/blog/aurora-serverless-v2-pricing.html", seen: "2026-05" };
const serverless = {
  source: "https://appropri8-astro.pages.dev/tutorials/2025/12/02/deploying-simple-api-aws/page/7",
  seen: "2025-12",
};
const cloudWatch = { source: "https://cloudburn.io/blog/amazon-cloudwatch-pricing", seen: "2026-02" };
const plans = {
  source: "https://github.com/api-evangelist/cloudfront/blob/main/plans/cloudfront-plans-pricing.yml",
  seen: "2026-09",
};
/** AWS's own price pages could not be opened while this was written. */
const memory = { source: "from memory", seen: "2025-01" };

/** List prices of us-east-1 in US dollars, without taxes. They change: see the date of each. */
export const prices = {
  fargateCpu: { dollars: 0.04048, unit: "vCPU-hour", ...fargate },
  fargateMemory: { dollars: 0.004445, unit: "GB-hour", ...fargate },
  fargateSpotCpu: { dollars: 0.04048 * 0.3, unit: "vCPU-hour, about 70 % off", ...fargate },
  fargateSpotMemory: { dollars: 0.004445 * 0.3, unit: "GB-hour, about 70 % off", ...fargate },
  fargateStorage: { dollars: 0.000111, unit: "GB-hour beyond 20 GB", ...memory },
  publicAddress: {
    dollars: 0.005,
    unit: "hour",
    source: "https://www.doit.com/aws-public-ipv4-price-increase-the-complete-guide/",
    seen: "2024-02",
  },
  auroraCapacity: { dollars: 0.12, unit: "capacity-unit-hour", ...aurora },
  auroraStorage: { dollars: 0.1, unit: "GB-month", ...aurora },
  auroraBackup: { dollars: 0.021, unit: "GB-month beyond one day's backup", ...memory },
  lambdaCompute: { dollars: 0.0000166667, unit: "GB-second", ...serverless, free: 400_000 },
  lambdaArmCompute: { dollars: 0.0000133334, unit: "GB-second", ...memory },
  lambdaRequest: { dollars: 0.0000002, unit: "request", ...serverless, free: 1_000_000 },
  lambdaProvisioned: { dollars: 0.0000041667, unit: "GB-second kept warm", ...memory },
  lambdaProvisionedCompute: { dollars: 0.0000097222, unit: "GB-second of a warm instance", ...memory },
  transition: {
    dollars: 0.000025,
    unit: "state transition",
    source: "https://aws.amazon.com/step-functions/pricing/",
    seen: "2025-01",
    free: 4000,
  },
  httpApi: { dollars: 0.000001, unit: "request", ...serverless },
  secret: {
    dollars: 0.4,
    unit: "secret and month",
    source: "https://hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms",
    seen: "2026-05",
  },
  zone: { dollars: 0.5, unit: "DNS zone and month", source: "https://ns1.com/resources/aws-dns", seen: "2025-01" },
  s3Storage: { dollars: 0.023, unit: "GB-month", ...memory },
  s3Write: { dollars: 0.000005, unit: "write request", ...memory },
  s3Read: { dollars: 0.0000004, unit: "read request", ...memory },
  ecrStorage: { dollars: 0.1, unit: "GB-month", ...memory },
  alarm: { dollars: 0.1, unit: "alarm and month", ...cloudWatch, free: 10 },
  metric: { dollars: 0.3, unit: "metric and month", ...cloudWatch, free: 10 },
  logs: { dollars: 0.5, unit: "GB written", ...cloudWatch, free: 5 },
  trace: { dollars: 0.000005, unit: "trace", ...memory, free: 100_000 },
  queueRequest: { dollars: 0.0000004, unit: "request", ...memory, free: 1_000_000 },
  transferOut: { dollars: 0.09, unit: "GB to the internet", ...memory, free: 100 },
  firewall: { dollars: 5, unit: "web ACL and month", ...memory },
  firewallRule: { dollars: 1, unit: "rule and month", ...memory },
  firewallRequest: { dollars: 0.0000006, unit: "request", ...memory },
  cloudFrontRequest: { dollars: 0.000001, unit: "request", ...plans, free: 10_000_000 },
  cloudFrontTransfer: { dollars: 0.085, unit: "GB to the internet", ...plans, free: 1000 },
  sageMakerG4dn: { dollars: 0.736, unit: "hour of ml.g4dn.xlarge, training", ...memory },
  sageMakerG5: { dollars: 1.408, unit: "hour of ml.g5.xlarge, training", ...memory },
  sageMakerServerless: { dollars: 0.00002, unit: "GB-second of a serverless endpoint", ...memory },
  sageMakerTransfer: { dollars: 0.016, unit: "GB into or out of an endpoint", ...memory },
  sageMakerMlflow: { dollars: 0.642, unit: "hour of a small MLflow tracking server", ...memory },
  virtualMachine: {
    dollars: 0.0832,
    unit: "hour of t3.large (2 vCPU, 8 GB)",
    source: "https://go-cloud.io/ec2-instance-costs/",
    seen: "2026-01",
  },
  disk: { dollars: 0.08, unit: "GB-month of gp3", ...memory },
} satisfies Record<string, Price>;

export type PriceName = keyof typeof prices;
