# SPDX-License-Identifier: GPL-2.0-only
"""Files that appear whole or not at all: an interrupted program leaves no half-written file behind."""
import contextlib
import os
import pathlib
import shutil


@contextlib.contextmanager
def replacing(path):
    """Gives the path of a temporary file beside `path`, which replaces it at the end. After an error `path` is as it was."""
    path = pathlib.Path(path)
    temporary = path.with_name(path.name + ".tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path, content):
    """Writes text (as UTF-8) or bytes. An existing file keeps its permissions."""
    with replacing(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        if path.is_file():
            shutil.copymode(path, temporary)
