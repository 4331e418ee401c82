"""Trainer of strategy `sagemaker`: runs the notebook in the layout that SageMaker gives a training container.

A training that fails leaves its reason in `output/failure` and ends. SageMaker makes it the job's failure reason, and the
rule on the job's end gives it to the state machine. The trainer does not do so itself: a retry would find this very job
still in progress, and would wait for a trainer that is about to end.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

import boto3
import papermill
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from papermill.exceptions import PapermillExecutionError

ROOT = Path(os.environ.get("SAGEMAKER_ROOT", "/opt/ml"))
HEARTBEAT_SECONDS = float(os.environ.get("HEARTBEAT_SECONDS", "30"))
NOTEBOOK = Path(__file__).resolve().parents[1] / "kaggle" / "train.ipynb"
# The execution no longer waits for these tokens.
SPENT = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
# SageMaker shows so many characters.
FAILURE_CHARACTERS = 1024


def fail(name: str, reason: object) -> NoReturn:
    """Ends the training. The name is one that the state machine's retries know."""
    failure = ROOT / "output" / "failure"
    failure.parent.mkdir(parents=True, exist_ok=True)
    failure.write_text(f"{name}: {reason}"[:FAILURE_CHARACTERS])
    print(f"{name}: {reason}", file=sys.stderr, flush=True)
    # At once, whatever the other threads and the notebook's kernel do: the container ends with this process.
    os._exit(1)


def error_code(error: Exception) -> str:
    return error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""


class Job:
    """The job file, which is also the mailbox for the newest task token."""

    def __init__(self) -> None:
        parameters = json.loads((ROOT / "input" / "config" / "hyperparameters.json").read_text())
        self.bucket: str = parameters["data_bucket"]
        self.key: str = parameters["job_key"]
        config = Config(retries={"mode": "standard", "max_attempts": 8})
        self.s3 = boto3.client("s3", config=config)
        self.states = boto3.client("stepfunctions", config=config)
        self.content = self.read()

    def read(self) -> dict[str, Any]:
        return json.loads(self.s3.get_object(Bucket=self.bucket, Key=self.key)["Body"].read())

    def is_awaited(self) -> bool:
        """Sends a heartbeat. False when the execution no longer waits for the token, and the job file has no newer one."""
        token = None
        while (newest := self.read()["taskToken"]) != token:
            token = newest
            try:
                self.states.send_task_heartbeat(taskToken=token)
                return True
            except ClientError as error:
                if error_code(error) not in SPENT:
                    raise
        return False

    def store(self, folder: Path) -> None:
        """Stores the notebook's files; `run.json`, the last one, says that the rest is whole."""
        names = list(json.loads((folder / "run.json").read_text())["files"])
        for name in [*names, "run.json"]:
            self.s3.upload_file(str(folder / name), self.bucket, f"training/{self.content['runId']}/outputs/{name}")

    def answer(self) -> None:
        output = json.dumps({"runId": self.content["runId"], "headRunId": self.content["headRunId"]})
        self.states.send_task_success(taskToken=self.read()["taskToken"], output=output)


def send_heartbeats(job: Job) -> None:
    while True:
        try:
            if not job.is_awaited():
                fail("TrainerAbandoned", "The execution that waited for this training has ended")
        except (BotoCoreError, ClientError) as error:
            print(f"The heartbeat could not be sent: {error}", file=sys.stderr, flush=True)
        time.sleep(HEARTBEAT_SECONDS)


def require_gpu() -> None:
    """Hours of a GPU's price for a training on the processor would go unnoticed."""
    machine = json.loads((ROOT / "input" / "config" / "resourceconfig.json").read_text())["current_instance_type"]
    if not re.match(r"ml\.[gp]\d", machine):
        return
    # In a process of its own, which gives the GPU's memory back.
    check = "import sys, tensorflow; sys.exit(not tensorflow.config.list_physical_devices('GPU'))"
    if subprocess.run([sys.executable, "-c", check], check=False).returncode != 0:
        fail("NoGpu", f"TensorFlow finds no GPU on {machine}: its driver does not go with the image's CUDA")


def train(job: Job) -> None:
    working = ROOT / "working"
    # After an interruption of a spot machine the training begins again.
    shutil.rmtree(working, ignore_errors=True)
    working.mkdir(parents=True)
    papermill.execute_notebook(
        str(NOTEBOOK),
        str(ROOT / "trained.ipynb"),
        parameters={**job.content["notebook"], "input_folder": str(ROOT / "input" / "data" / "dataset")},
        kernel_name="python3",
        cwd=str(working),
        progress_bar=False,
        stdout_file=sys.stdout,
        stderr_file=sys.stderr,
    )
    job.store(working)


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: fail("TrainerStopped", "The training was told to stop (SIGTERM)"))
    try:
        job = Job()
        require_gpu()
        threading.Thread(target=send_heartbeats, args=(job,), daemon=True).start()
        train(job)
        job.answer()
    except PapermillExecutionError as error:
        fail("TrainingFailed", f"{error.ename}: {error.evalue}")
    except (BotoCoreError, ClientError) as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"] if isinstance(error, ClientError) else 503
        # Only what may be over by the next attempt is worth a machine again.
        fail("Transient" if status >= 500 else "TrainingFailed", error)
    except Exception as error:
        fail("TrainingFailed", f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
