# SPDX-License-Identifier: GPL-2.0-only
"""The description of this machine that stands beside measured times."""
import os
import pathlib


def machine():
    """Processor model and the number of cores that this process may use."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "processor unknown")
    return f"{model}, {len(os.sched_getaffinity(0))} cores"
