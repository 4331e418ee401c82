import { lambdaEntryPoint } from "../container/bases.ts";
import type { Image } from "../container/build-image.ts";
import { Container, type Ending } from "../container/container.ts";
import { type Invoked, RuntimeApi } from "./runtime-api.ts";

export interface FunctionOptions {
  /** Variables of the function's configuration. */
  variables: Record<string, string>;
  memoryMegabytes: number;
}

/** Megabytes of /tmp: https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html */
const tmpMegabytes = 512;

/** One instance of a Lambda function from its image: nothing can be written but /tmp, and its user is Lambda's own. */
export class LambdaInstance {
  private readonly container: Container;
  private readonly api: RuntimeApi;

  private constructor(container: Container, api: RuntimeApi) {
    this.container = container;
    this.api = api;
  }

  static async start(image: Image, { variables, memoryMegabytes }: FunctionOptions): Promise<LambdaInstance> {
    const api = await RuntimeApi.start();
    const [handler = ""] = image.command;
    const container = new Container({
      root: image.root.path,
      env: { ...image.env, ...lambdaVariables(handler, memoryMegabytes, api.address), ...variables },
      command: lambdaEntryPoint,
      workingFolder: image.env.LAMBDA_TASK_ROOT ?? "/",
      // Lambda does not heed USER.
      uid: 993,
      gid: 990,
      memoryMegabytes,
      tmpMegabytes,
    });
    return new LambdaInstance(container, api);
  }

  /** @throws Error when the instance ends or fails to start before it has answered */
  async invoke(event: unknown): Promise<Invoked> {
    const died = this.container.ended.then(({ code, outOfMemory, stderr, stdout }): never => {
      const why = outOfMemory ? "out of memory" : `code ${code}`;
      throw new Error(`The function ended (${why}): ${stdout.slice(-2000)}${stderr.slice(-2000)}`);
    });
    const failed = this.api.initError.then((error): never => {
      throw new Error(`The function cannot be started: ${JSON.stringify(error)}`);
    });
    return Promise.race([this.api.invoke(event), died, failed]);
  }

  async stop(): Promise<Ending> {
    const ending = await this.container.kill();
    await this.api.stop();
    return ending;
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html: there is no HOME among them. */
function lambdaVariables(handler: string, memoryMegabytes: number, runtimeApi: string): Record<string, string> {
  return {
    _HANDLER: handler,
    TZ: ":UTC",
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_LAMBDA_FUNCTION_NAME: "avocado-dev-predict",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: "/avocado/dev/predict",
    AWS_LAMBDA_LOG_STREAM_NAME: "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_SESSION_TOKEN: "test",
    AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
    AWS_XRAY_DAEMON_ADDRESS: "127.0.0.1:2000",
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1: "true",
  };
}
