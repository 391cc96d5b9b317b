# SPDX-License-Identifier: GPL-2.0-only
"""Follows a learning run in the background by its state file."""
import math
import os
import time


def moments(path, process, stall=math.inf):
    """Yields "state" when the state file has been written, "stall" when it was not for `stall` seconds, until the run ends."""
    def stamp():
        try:
            return os.stat(path).st_ino    # written whole under another name and renamed: a new file each time
        except FileNotFoundError:
            return None
    last, since, stalled = stamp(), time.monotonic(), False
    while process.poll() is None:
        now = stamp()
        if now != last:
            last, since, stalled = now, time.monotonic(), False
            yield "state"
        elif not stalled and time.monotonic() - since > stall:
            stalled = True
            yield "stall"
        time.sleep(0.001)
