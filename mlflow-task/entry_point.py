"""Starts the MLflow server: waits for the database, copies and migrates it once, then becomes the server."""

import os
import re
import sys
import time
from urllib.parse import quote

WAIT_SECONDS = 180
# Less than the time after which a deployment gives up a task that is not healthy.
COPY_SECONDS = 120
# Any number, as long as every task has the same: the holder of this lock migrates, the others wait.
MIGRATION_LOCK = 7_301_945


def read_settings():
    names = ["DATABASE_HOST", "DATABASE_NAME", "DATABASE_USER", "DATABASE_PASSWORD", "ARTIFACT_ROOT", "ALLOWED_HOSTS"]
    settings = {name: os.environ.pop(name, "") for name in names}
    settings["DATABASE_PORT"] = os.environ.pop("DATABASE_PORT", "5432")
    settings["PORT"] = os.environ.pop("PORT", "5000")
    problems = [f"{name} is missing" for name, value in settings.items() if not value]
    root = settings["ARTIFACT_ROOT"]
    if root and not re.fullmatch(r"s3://[a-z0-9.-]+(/[\w./-]+)?", root):
        problems.append(f"ARTIFACT_ROOT '{root}' is not an s3:// address")
    # A '*' alone would switch the check of hosts off.
    if "*" in settings["ALLOWED_HOSTS"].split(","):
        problems.append("ALLOWED_HOSTS allows every host")
    if problems:
        sys.exit("The environment is incomplete: " + "; ".join(problems))
    return settings


def database_uri(settings):
    user, password = quote(settings["DATABASE_USER"], safe=""), quote(settings["DATABASE_PASSWORD"], safe="")
    host, port, name = settings["DATABASE_HOST"], settings["DATABASE_PORT"], settings["DATABASE_NAME"]
    return f"postgresql+psycopg2://{user}:{password}@{host}:{port}/{name}"


def connect(uri, **options):
    """A connection; a database that is starting is waited for."""
    import psycopg2

    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return psycopg2.connect(uri.replace("+psycopg2", "", 1), connect_timeout=30, **options)
        except psycopg2.OperationalError as error:
            # Only the first line: it says why, and no line of it has the password.
            reason = str(error).strip().splitlines()[0]
            if "authentication failed" in reason or time.monotonic() > deadline:
                sys.exit(f"The database does not take us: {reason}")
            print(f"Waiting for the database: {reason}", flush=True)
            time.sleep(2)


def read_revision(uri):
    """The version of the tables, as MLflow numbers them; None where there are none."""
    connection = connect(uri)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('alembic_version')")
        found = None
        if cursor.fetchone()[0]:
            cursor.execute("SELECT version_num FROM alembic_version")
            found = cursor.fetchone()
    connection.close()
    return found and found[0]


def copy_database(cursor, name, copy):
    """Copies the database within its cluster. It needs a moment without connections to the database."""
    from psycopg2 import errors
    from psycopg2.extensions import quote_ident

    name, copy = quote_ident(name, cursor), quote_ident(copy, cursor)
    # One that is left of an attempt that did not come to migrate.
    cursor.execute(f"DROP DATABASE IF EXISTS {copy}")
    deadline = time.monotonic() + COPY_SECONDS
    while True:
        try:
            cursor.execute(f"CREATE DATABASE {copy} TEMPLATE {name}")
            break
        except errors.ObjectInUse as error:
            if time.monotonic() > deadline:
                sys.exit(f"The database cannot be copied, so it is not migrated: {str(error).splitlines()[0]}")
    cursor.execute(f"REVOKE ALL ON DATABASE {copy} FROM PUBLIC")


def migrate(uri, name):
    """
    Brings the tables to this version of MLflow, and keeps a copy of what they were. Of several tasks that start at once, one
    does it and the others wait.
    """
    import mlflow
    from alembic.script import ScriptDirectory
    from mlflow.db import upgrade
    from mlflow.store.db.utils import _get_alembic_config

    # In another database: a database that is copied may have no connections.
    lock = connect(uri, dbname="postgres")
    lock.autocommit = True
    with lock.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        started = time.monotonic()
        scripts = ScriptDirectory.from_config(_get_alembic_config(uri))
        head, revision = scripts.get_current_head(), read_revision(uri)
        if revision and revision not in {script.revision for script in scripts.walk_revisions()}:
            sys.exit(
                f"A newer MLflow has migrated the database (to revision {revision}); MLflow {mlflow.__version__} knows "
                f"{head} at most. Deploy the newer one, or bring back the copy that was made before the migration: "
                "npm run stage -- restore --stage <stage>"
            )
        if revision and revision != head:
            copy = f"{name}_before_{head}"
            copy_database(cursor, name, copy)
            print(f"The database is copied to {copy} ({time.monotonic() - started:.1f} s)", flush=True)
        upgrade.callback(uri)
        print(f"The database is migrated ({time.monotonic() - started:.1f} s)", flush=True)
    lock.close()


def become_server(settings, uri):
    root = settings["ARTIFACT_ROOT"].rstrip("/")
    os.environ.update(
        # Not an argument: those are visible in the list of processes.
        MLFLOW_BACKEND_STORE_URI=uri,
        # A connection that stays open would keep the database from pausing.
        MLFLOW_SQLALCHEMYSTORE_POOLCLASS="NullPool",
        MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX=f"^(runs:/|models:/|{re.escape(root)}/)",
        MLFLOW_SERVER_ALLOWED_HOSTS=settings["ALLOWED_HOSTS"],
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false",
        MLFLOW_DISABLE_TELEMETRY="true",
    )
    # fmt: off
    arguments = [
        "-m", "mlflow", "server", "--host", "0.0.0.0", "--port", settings["PORT"], "--workers", "1",
        "--no-serve-artifacts", "--default-artifact-root", root,
    ]
    # fmt: on
    os.execv(sys.executable, [sys.executable, *arguments])


if __name__ == "__main__":
    # The database's own default takes connections without TLS from a client that does not ask for it.
    os.environ.setdefault("PGSSLMODE", "require")
    given = read_settings()
    address = database_uri(given)
    migrate(address, given["DATABASE_NAME"])
    become_server(given, address)
