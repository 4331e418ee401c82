"""Starts the MLflow server: waits for the database, migrates it once, then becomes the server."""

import os
import re
import sys
import time
from urllib.parse import quote

WAIT_SECONDS = 180
# Any number, as long as every task has the same: whoever holds this lock migrates, the others wait.
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


def connect(uri):
    """A connection; a database that wakes up is waited for."""
    import psycopg2

    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return psycopg2.connect(uri.replace("+psycopg2", "", 1), connect_timeout=30)
        except psycopg2.OperationalError as error:
            # Only the first line: it says why, and no line of it has the password.
            reason = str(error).strip().splitlines()[0]
            if "authentication failed" in reason or time.monotonic() > deadline:
                sys.exit(f"The database does not take us: {reason}")
            print(f"Waiting for the database: {reason}", flush=True)
            time.sleep(2)


def migrate(uri):
    """Brings the tables to this version. Of several tasks that start at once, one does it and the others wait."""
    from mlflow.db import upgrade

    lock = connect(uri)
    lock.autocommit = True
    with lock.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        started = time.monotonic()
        upgrade.callback(uri)
        print(f"The database is migrated ({time.monotonic() - started:.1f} s)", flush=True)
    lock.close()


def become_server(settings, uri):
    root = settings["ARTIFACT_ROOT"].rstrip("/")
    os.environ.update(
        # Not an argument: those are shown to whoever lists processes.
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
    migrate(address)
    become_server(given, address)
