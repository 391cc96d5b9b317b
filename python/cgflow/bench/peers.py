# SPDX-License-Identifier: GPL-2.0-only
"""The Python environment of the peers of tools/bench: build/bench/venv, which adds a few packages to the environment of
tools/setup."""
import hashlib
import os
import re
import shutil
import sys

from ..checkout import ROOT, environment_program, python_environment
from ..errors import ToolError
from .executables import environment, run

REQUIREMENTS = ROOT / "python" / "requirements-bench.txt"
FOLDER = ROOT / "build" / "bench" / "venv"
STAND_INS = FOLDER / "stand-ins"


def site_packages(env):
    """The folder of the packages of an environment."""
    found = sorted(env.glob("lib/python3*/site-packages"))
    if not found:
        raise ToolError(f"no Python environment at {env}; run tools/setup first")
    return found[0]


def stand_ins(torch):
    """Makes empty libraries under the names of the CUDA libraries that the Python part of torch is linked with. The real
    ones take 4 GB. A CPU calls no function of them, but torch does not load without them. `torch` is the folder of the
    package."""
    STAND_INS.mkdir()
    libraries = [torch / "lib" / f"lib{name}.so" for name in ("torch_python", "torch_cuda", "torch_cuda_linalg", "torch_nvshmem")]
    text = "".join(run(["ldd", path]) for path in libraries if path.exists())
    for name in sorted(set(re.findall(r"^\s*(\S+) => not found", text, re.M))):
        run(["c++", "-shared", "-x", "c++", "/dev/null", f"-Wl,-soname,{name}", "-o", STAND_INS / name],
            title=f"making a stand-in for {name}")


def prepare():
    """The Python program of the environment, which is created where it is missing or was made from other versions."""
    stamp = FOLDER / ".cgflow-stamp"
    base = site_packages(python_environment())
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + str(base).encode()).hexdigest()
    python = FOLDER / "bin" / "python3"
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    print("peers: making build/bench/venv (normflows, OpenMM; 50 MB)", file=sys.stderr, flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    run([environment_program(), "-m", "venv", FOLDER], title="making a Python environment")
    run([python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps", "-r", REQUIREMENTS],
        title="installing the peers")
    (site_packages(FOLDER) / "cgflow.pth").write_text(f"{base}\n")
    stand_ins(base / "torch")
    stamp.write_text(wanted)
    return python


def peer_environment():
    """Environment variables of a peer."""
    paths = [str(STAND_INS), os.environ.get("LD_LIBRARY_PATH", "")]
    return {**environment(), "LD_LIBRARY_PATH": ":".join(filter(None, paths))}
