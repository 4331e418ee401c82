import { ExecuteStatementCommand, type RDSDataClient } from "@aws-sdk/client-rds-data";
import { retry } from "../core/http/retry.ts";

/** Runs SQL, one statement a call, each a transaction of its own. */
export interface Sql {
  /** Runs a statement with `:name` parameters and returns its rows, each value as text. */
  run(statement: string, parameters?: Record<string, string>): Promise<(string | undefined)[][]>;
}

export interface DataApiOptions {
  clusterArn: string;
  /** Whom to connect as. */
  secretArn: string;
  database: string;
  /** Milliseconds for which a database that is starting is waited for. Default 3 minutes. */
  timeout?: number;
  /** Milliseconds between two attempts at least; at most twice as long. Default 2 seconds. */
  pause?: number;
}

/**
 * Errors that pass: of a database that resumes, of one that was just made and whose writer or endpoint is not there yet, and
 * of the service itself (errors of ExecuteStatement in the API reference of the RDS Data API). A call that ran into the
 * time limit while the database resumed has been stopped: the Data API goes on only where `continueAfterTimeout` says so.
 */
const transient = [
  "DatabaseResumingException",
  "DatabaseUnavailableException",
  "HttpEndpointNotEnabledException",
  "InternalServerErrorException",
  "ServiceUnavailableError",
  "StatementTimeoutException",
];

/** PostgreSQL behind the RDS Data API. A paused database is waited for. */
export class DataApi implements Sql {
  private readonly client: RDSDataClient;
  private readonly options: DataApiOptions;

  constructor(client: RDSDataClient, options: DataApiOptions) {
    this.client = client;
    this.options = options;
  }

  async run(sql: string, parameters: Record<string, string> = {}): Promise<(string | undefined)[][]> {
    const { clusterArn: resourceArn, secretArn, database, timeout = 180_000, pause = 2000 } = this.options;
    const command = new ExecuteStatementCommand({
      ...{ resourceArn, secretArn, database, sql },
      parameters: Object.entries(parameters).map(([name, stringValue]) => ({ name, value: { stringValue } })),
    });
    const policy = { maxAttempts: Number.POSITIVE_INFINITY, maxElapsed: timeout };
    const { records = [] } = await retry(
      () => this.client.send(command),
      { ...policy, initialInterval: pause, backoffCoefficient: 1 },
      { shouldRetry: ({ name }) => transient.includes(name) },
    );
    return records.map((row) => row.map(({ stringValue }) => stringValue));
  }
}
