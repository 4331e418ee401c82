"""Says what a notebook finds on Kaggle. It is run there, and leaves look.json."""

import hashlib
import importlib.util
import json
import os
import platform
import subprocess
import urllib.request
from pathlib import Path

root = Path(os.environ.get("KAGGLE_INPUT", "/kaggle/input"))


def describe(path):
    content = path.read_bytes()
    return {"path": str(path.relative_to(root)), "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def is_there(module):
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def reaches(url):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=20):
            return True
    except OSError:
        return False


def list_gpus():
    command = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()
    except (OSError, subprocess.CalledProcessError):
        return []


wanted = ["tensorflow", "keras", "numpy", "pandas", "matplotlib", "tf2onnx", "onnx", "onnxruntime"]
look = {
    "root": str(root),
    "files": [describe(path) for path in sorted(root.rglob("*")) if path.is_file()],
    "python": platform.python_version(),
    "lacking": [module for module in wanted if not is_there(module)],
    "internet": all(map(reaches, ["https://pypi.org/simple/", "https://storage.googleapis.com/tensorflow/"])),
    "gpus": list_gpus(),
    "cpus": os.cpu_count(),
}
Path("look.json").write_text(json.dumps(look))
print(json.dumps(look, indent=1))
