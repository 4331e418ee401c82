/**
 * Quotas of AWS that an execution has to keep, none of which can be raised. Sources:
 * - Step Functions: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 * - its variables: https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html (Limits)
 * - Lambda: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 * - SNS: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export const awsQuotas = {
  /** Events in the history of a Standard execution. Children of a distributed map have a history each. */
  events: 25_000,
  /** Bytes of the input or output of a state, task or execution. */
  payload: 262_144,
  /** Bytes of one variable, and of all variables of one Assign. */
  assign: 262_144,
  /** Bytes of all variables of an execution. */
  variables: 10 << 20,
  /** Bytes of the request or answer of a synchronous Lambda. */
  lambdaPayload: 6 << 20,
  /** Seconds that a Lambda may run. */
  lambdaSeconds: 900,
  /** Bytes of an SNS message. */
  message: 262_144,
};
