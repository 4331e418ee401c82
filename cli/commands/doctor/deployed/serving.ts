import { type ApiGatewayV2Client, GetVpcLinkCommand } from "@aws-sdk/client-apigatewayv2";
import { healthResponse } from "../../../../core/contracts/predict.ts";
import { describeCause, type Fetch } from "../../../../core/http/request.ts";
import { ask } from "../ask.ts";
import type { Finding } from "../finding.ts";

/** Asks the API for its health: it decodes an image and predicts, as for a client. `url`: the address that clients use. */
export async function checkApi(fetch: Fetch, url: string, stage: string): Promise<Finding> {
  const check = "API";
  const log = `aws logs tail /avocado/${stage}/predict --since 15m`;
  const advice = stage === "local" ? "Read .local/state/logs/." : `Read its log: ${log}`;
  try {
    // The first answer of a new image takes some seconds; the gateway itself gives up after 30.
    const response = await fetch(`${url}/health`, { method: "GET", signal: AbortSignal.timeout(35_000) });
    const body = await response.text();
    if (!response.ok) {
      return {
        check,
        state: "missing",
        found: `${url}/health answers ${response.status}: ${body.slice(0, 200)}`,
        advice,
      };
    }
    const { model, source } = healthResponse.parse(JSON.parse(body));
    return { check, state: "ok", found: `${url} serves ${model.name}, version ${model.version} (${source})` };
  } catch (error) {
    return { check, state: "missing", found: `${url}/health does not answer: ${describeCause(error)}`, advice };
  }
}

/** The link by which the gateway reaches MLflow. AWS takes one down that was not used for 60 days. */
export function checkVpcLink(client: ApiGatewayV2Client, id: string): Promise<Finding> {
  return ask("VPC link", "apigateway:GET", async () => {
    const { VpcLinkStatus: status = "unknown", VpcLinkStatusMessage: reason } = await client.send(
      new GetVpcLinkCommand({ VpcLinkId: id }),
    );
    if (status === "AVAILABLE") return { state: "ok", found: status };
    const found = [status, reason].filter(Boolean).join(": ");
    if (status === "INACTIVE") {
      return {
        state: "warning",
        found,
        advice: "The next request to MLflow starts it again, which takes some minutes.",
      };
    }
    if (status === "PENDING")
      return { state: "warning", found, advice: "Wait some minutes, then run the doctor again." };
    return {
      state: "missing",
      found,
      advice: "Look at the events of the registry stack; in most cases a zone is unsuitable.",
    };
  });
}
