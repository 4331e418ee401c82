import { z } from "zod";

const hours = (count: number) => count * 3600;

const channel = z.object({
  ChannelName: z.string().regex(/^[\w.-]{1,64}$/),
  DataSource: z.object({
    S3DataSource: z.object({ S3DataType: z.literal("S3Prefix"), S3Uri: z.string().regex(/^s3:\/\/[^/]+\/.*$/) }),
  }),
});

/** The part of CreateTrainingJob that is used here, with the bounds of SageMaker's API reference. */
export const createTrainingJob = z
  .object({
    TrainingJobName: z
      .string()
      .max(63)
      .regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/),
    AlgorithmSpecification: z.object({ TrainingImage: z.string().min(1), TrainingInputMode: z.literal("File") }),
    RoleArn: z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/),
    HyperParameters: z.record(z.string().max(256), z.string().max(2500)).default({}),
    Environment: z.record(z.string().max(512), z.string().max(512)).default({}),
    InputDataConfig: z.array(channel).max(20).default([]),
    OutputDataConfig: z.object({ S3OutputPath: z.string().startsWith("s3://") }),
    ResourceConfig: z.object({
      InstanceType: z.string().startsWith("ml."),
      InstanceCount: z.literal(1),
      VolumeSizeInGB: z.int().min(1),
    }),
    EnableManagedSpotTraining: z.boolean().default(false),
    EnableNetworkIsolation: z.literal(false).default(false),
    StoppingCondition: z.object({
      MaxRuntimeInSeconds: z.int().min(1).default(hours(24)),
      MaxWaitTimeInSeconds: z.int().min(1).optional(),
      MaxPendingTimeInSeconds: z
        .int()
        .min(hours(2))
        .max(hours(28 * 24))
        .optional(),
    }),
    Tags: z
      .array(z.object({ Key: z.string().min(1).max(128), Value: z.string().max(256) }))
      .max(50)
      .default([]),
  })
  .refine(
    ({ EnableManagedSpotTraining: spot, StoppingCondition: { MaxRuntimeInSeconds, MaxWaitTimeInSeconds = 0 } }) =>
      !spot || MaxWaitTimeInSeconds >= MaxRuntimeInSeconds,
    "MaxWaitTimeInSeconds must be equal to or greater than MaxRuntimeInSeconds for managed spot training",
  );
export type CreateTrainingJob = z.infer<typeof createTrainingJob>;
