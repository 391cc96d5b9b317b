# SPDX-License-Identifier: GPL-2.0-only
"""The environment that peers of tools/bench run in: build/bench/venv, which adds a few packages to the environment of tools/setup."""
import hashlib
import os
import re
import shutil
import subprocess
import sys

from ..checkout import ROOT, environment_program, python_environment
from ..errors import ToolError
from .executables import environment

REQUIREMENTS = ROOT / "python" / "requirements-bench.txt"
FOLDER = ROOT / "build" / "bench" / "venv"
STAND_INS = FOLDER / "stand-ins"


def site_packages(env):
    found = sorted(env.glob("lib/python3*/site-packages"))
    if not found:
        raise ToolError(f"no Python environment at {env}; run tools/setup first")
    return found[0]


def call(what, command, **options):
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise ToolError(f"{what} failed:\n{done.stdout[-2000:]}")
    return done.stdout


def stand_ins(torch):
    """The wheel's Python part is linked with 4 GB of CUDA libraries, of which a CPU calls nothing: libraries without content, under
    their names, let it load."""
    STAND_INS.mkdir()
    libraries = [torch / "lib" / f"lib{name}.so" for name in ("torch_python", "torch_cuda", "torch_cuda_linalg", "torch_nvshmem")]
    text = "".join(call("ldd", ["ldd", path]) for path in libraries if path.exists())
    for name in sorted(set(re.findall(r"^\s*(\S+) => not found", text, re.M))):
        call(f"making a stand-in for {name}",
             [shutil.which("c++") or "c++", "-shared", "-x", "c++", "/dev/null", f"-Wl,-soname,{name}", "-o", STAND_INS / name])


def prepare():
    """Makes the environment when it is not there or made from other pins; returns its Python."""
    stamp = FOLDER / ".cgflow-stamp"
    base = site_packages(python_environment())
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + str(base).encode()).hexdigest()
    python = FOLDER / "bin" / "python3"
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    print("peers: making build/bench/venv (normflows, OpenMM; 50 MB)", file=sys.stderr, flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    call("making a Python environment", [environment_program(), "-m", "venv", FOLDER])
    call("installing the peers", [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps",
                                  "-r", REQUIREMENTS])
    (site_packages(FOLDER) / "cgflow.pth").write_text(f"{base}\n")
    stand_ins(base / "torch")
    stamp.write_text(wanted)
    return python


def peer_environment():
    paths = [str(STAND_INS), os.environ.get("LD_LIBRARY_PATH", "")]
    return {**environment(), "LD_LIBRARY_PATH": ":".join(filter(None, paths))}
