# SPDX-License-Identifier: GPL-2.0-only
"""What a table of times must say of the machine they were measured on."""
import os
import pathlib


def machine():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "processor unknown")
    return f"{model}, {len(os.sched_getaffinity(0))} cores"
