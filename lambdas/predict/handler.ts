import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { createApi } from "./api.ts";
import { createDependencies } from "./dependencies.ts";
import { createSpanSender } from "./trace.ts";

const sendSpans = createSpanSender(process.env.AWS_XRAY_DAEMON_ADDRESS);

const api = createApi(createDependencies, new Logger(), {
  metrics: new Metrics(),
  // Lambda names the trace of each request anew.
  trace: sendSpans && ((spans) => sendSpans(spans, process.env._X_AMZN_TRACE_ID)),
});

// Begins while Lambda is still starting this instance, before there is a request; what fails here is told to those who ask.
api.warmUp().catch(() => undefined);

export const handler = api.handler;
