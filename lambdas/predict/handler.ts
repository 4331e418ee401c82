import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { createApi } from "../../api/api.ts";
import { createDependencies } from "./dependencies.ts";
import { handleEvents } from "./event.ts";
import { reportTo } from "./metrics.ts";
import { createSpanSender } from "./trace.ts";

const logger = new Logger();
const sendSpans = createSpanSender(process.env.AWS_XRAY_DAEMON_ADDRESS);

const api = createApi(createDependencies, logger, {
  ...reportTo(new Metrics()),
  // Lambda names the trace of each request anew.
  ...(sendSpans && { traced: (spans) => sendSpans(spans, process.env._X_AMZN_TRACE_ID) }),
});

// Begins while Lambda is still starting this instance, before there is a request; what fails here is told to those who ask.
api.warmUp().catch(() => undefined);

export const handler = handleEvents(api.fetch, logger);
