import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataApi } from "../../../aws/data-api.ts";
import { prepareDatabases } from "../../../lambdas/prepare-database/logic.ts";
import { startDataApi } from "../../support/data-api.ts";
import { TestPostgres } from "../../support/postgres.ts";

let postgres: TestPostgres;
let api: Awaited<ReturnType<typeof startDataApi>>;
let sql: DataApi;
const arns = {
  clusterArn: "arn:aws:rds:us-east-1:0:cluster:c",
  secretArn: "arn:aws:secretsmanager:us-east-1:0:secret:s",
};
beforeAll(async () => {
  postgres = await TestPostgres.start();
  api = await startDataApi(postgres);
  sql = new DataApi(api.client, { ...arns, database: "postgres", pause: 5, timeout: 1000 });
});
afterAll(async () => {
  await api?.stop();
  await postgres?.stop();
});
const rejected = (query: Promise<unknown>) => expect(query).rejects.toThrow(/permission denied|must be owner/);

describe("prepareDatabases", () => {
  const mlflow = { user: "mlflow", password: "first" };
  const other = { user: "other", password: "second" };
  beforeAll(() =>
    prepareDatabases(sql, [
      { name: "mlflow", password: "first" },
      { name: "other", password: "second" },
    ]),
  );

  it("gives each role a database in which it may do everything", async () => {
    await postgres.query(mlflow, "mlflow", "CREATE TABLE runs (id text)");
    expect(await postgres.query(mlflow, "mlflow", "SELECT count(*)::int FROM runs")).toEqual([[0]]);
  });

  it("keeps a role out of the databases of others", async () => {
    await rejected(postgres.query(other, "mlflow", "SELECT 1"));
  });

  it("gives a role no right over the server but to copy its database", async () => {
    await postgres.query(mlflow, "postgres", "CREATE DATABASE copied TEMPLATE mlflow");
    await postgres.query(mlflow, "postgres", "DROP DATABASE copied");
    await rejected(postgres.query(mlflow, "postgres", "CREATE DATABASE stolen TEMPLATE other"));
    await rejected(postgres.query(mlflow, "mlflow", "CREATE ROLE more"));
    const flags = "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = 'mlflow'";
    expect(await postgres.query(mlflow, "mlflow", flags)).toEqual([[false, false, true, false]]);
  });

  it("may run again: keeps what is there, and sets a new password", async () => {
    await postgres.query(mlflow, "mlflow", "CREATE TABLE kept (id text)");
    await prepareDatabases(sql, [{ name: "mlflow", password: "changed" }]);
    await expect(postgres.query(mlflow, "mlflow", "SELECT 1")).rejects.toThrow("password authentication failed");
    const changed = { user: "mlflow", password: "changed" };
    expect(await postgres.query(changed, "mlflow", "SELECT count(*)::int FROM kept")).toEqual([[0]]);
    await prepareDatabases(sql, [{ name: "mlflow", password: "first" }]);
  });

  it("resumes where an attempt that broke had stopped", async () => {
    await postgres.query(postgres.master, "postgres", "CREATE ROLE halfway LOGIN CREATEROLE");
    await prepareDatabases(sql, [{ name: "halfway", password: "third" }]);
    const halfway = { user: "halfway", password: "third" };
    await postgres.query(halfway, "halfway", "CREATE TABLE things (id text)");
    await rejected(postgres.query(halfway, "halfway", "CREATE ROLE more"));
  });
});

describe("DataApi", () => {
  it("waits for a database that resumes", async () => {
    Object.assign(api.state, { resuming: 3, asked: 0 });
    expect(await sql.run("SELECT :word::text", { word: "it's" })).toEqual([["it's"]]);
    expect(api.state.asked).toBe(4);
  });

  it.each([
    "DatabaseUnavailableException",
    "HttpEndpointNotEnabledException",
    "InternalServerErrorException",
    "ServiceUnavailableError",
    "StatementTimeoutException",
  ])("waits for a database that answers %s while it starts", async (error) => {
    Object.assign(api.state, { resuming: 2, asked: 0, error });
    expect(await sql.run("SELECT 1::text")).toEqual([["1"]]);
    expect(api.state.asked).toBe(3);
    api.state.error = "DatabaseResumingException";
  });

  it("gives up in the end", async () => {
    api.state.resuming = 1000;
    const hurried = new DataApi(api.client, { ...arns, database: "postgres", pause: 5, timeout: 40 });
    await expect(hurried.run("SELECT 1")).rejects.toMatchObject({ name: "DatabaseResumingException" });
    api.state.resuming = 0;
  });

  it("does not repeat a statement that is wrong", async () => {
    api.state.asked = 0;
    await expect(sql.run("SELEC 1")).rejects.toThrow("syntax error");
    expect(api.state.asked).toBe(1);
  });
});
