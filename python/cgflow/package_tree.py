# SPDX-License-Identifier: GPL-2.0-only
"""The package in a LAMMPS source tree: the changes that install, update or remove it. A list in the tree names the
installed files. Files that are neither in this list nor equal to those of this repository belong to somebody else and are
never touched."""
import hashlib
import pathlib
import re

from .errors import ToolError
from .whole_file import write_whole

FOLDERS = ("src/USER-CGFLOW", "lib/cgflow")
LIST = "lib/cgflow/.installed"          # lines "sha256  path", as sha256sum writes and checks them
# Files of the plugin, which LAMMPS' build does not need.
LEFT_OUT = {"src/USER-CGFLOW/CMakeLists.txt", "src/USER-CGFLOW/cgflowplugin.cpp"}
CMAKE = "cmake/CMakeLists.txt"
LINE = 'include("${CMAKE_CURRENT_SOURCE_DIR}/../src/USER-CGFLOW/lammps_package.cmake")    # of tools/install-package of cgflow\n'
PROJECT = re.compile(r"^project\(lammps\b[^)]*\)[^\n]*\n", re.M)


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Change:
    """A file to write (`data`) or to remove (`data` is None). `word` is the verb for the user."""

    def __init__(self, word, name, data):
        self.word, self.name, self.data = word, name, data

    def __str__(self):
        return f"{self.word} {self.name}"


class Tree:
    """A LAMMPS source tree, and the package of a checkout, `source`."""

    def __init__(self, source, lammps):
        self.lammps = lammps.resolve()
        self.files = self.read_source(source)
        self.cmake_text = self.read_cmake()
        self.installed = self.read_list()
        self.refuse_foreign()

    @staticmethod
    def read_source(source):
        """{path: content} of the files of the package."""
        files = {}
        for folder in FOLDERS:
            for path in sorted((source / folder).rglob("*")):
                name = path.relative_to(source).as_posix()
                if path.is_file() and name not in LEFT_OUT and path.name != pathlib.PurePath(LIST).name:
                    files[name] = path.read_bytes()
        return files

    def read_cmake(self):
        """The text of LAMMPS' CMakeLists.txt; refuses folders without it."""
        path = self.lammps / CMAKE
        if not path.is_file() or not (self.lammps / "src" / "version.h").is_file():
            raise ToolError(f"{self.lammps} is not a LAMMPS source: expected {CMAKE} and src/version.h in it")
        text = path.read_text()
        if not PROJECT.search(text):
            raise ToolError(f"{path} is not from a known LAMMPS: expected a line project(lammps ...)")
        return text

    def read_list(self):
        """{path: SHA-256} of the installed files."""
        path = self.lammps / LIST
        if not path.is_file():
            return {}
        rows = [line.split("  ", 1) for line in path.read_text().splitlines()]
        if any(len(row) != 2 or not re.fullmatch("[0-9a-f]{64}", row[0]) for row in rows):
            raise ToolError(f"{path} is damaged: expected lines 'sha256  path'. Remove it together with {' and '.join(FOLDERS)}")
        return {name: value for value, name in rows}

    def present(self):
        """Paths of all files in the folders of the package in the tree."""
        found = []
        for folder in FOLDERS:
            for path in sorted((self.lammps / folder).rglob("*")):
                name = path.relative_to(self.lammps).as_posix()
                if name != LIST and not path.name.endswith(".tmp") and (path.is_file() or path.is_symlink()):
                    found.append(name)
        return found

    def refuse_foreign(self):
        """Refuses a tree with files in the folders of the package that somebody else wrote or changed."""
        foreign = []
        for name in self.present():
            data = (self.lammps / name).read_bytes()
            if data != self.files.get(name) and digest(data) != self.installed.get(name):
                foreign.append(name)
        if foreign:
            more = f" and {len(foreign) - 5} more" if len(foreign) > 5 else ""
            raise ToolError(f"{self.lammps} holds files that this program did not write, or that were changed since: "
                            f"{', '.join(foreign[:5])}{more}. Nothing was done. Save and remove them, then call it again")

    def installation(self):
        """The changes that install or update the package; empty where the tree is up to date."""
        changes = []
        for name, data in self.files.items():
            path = self.lammps / name
            if not path.is_file():
                changes.append(Change("add", name, data))
            elif path.read_bytes() != data:
                changes.append(Change("replace", name, data))
        changes += [Change("remove", name, None) for name in self.present() if name not in self.files]
        rows = "".join(f"{digest(data)}  {name}\n" for name, data in self.files.items()).encode()
        if changes or not (self.lammps / LIST).is_file() or (self.lammps / LIST).read_bytes() != rows:
            changes.append(Change("write", LIST, rows))
        if LINE not in self.cmake_text:
            end = PROJECT.search(self.cmake_text).end()
            text = self.cmake_text[:end] + LINE + self.cmake_text[end:]
            changes.append(Change("add a line to", CMAKE, text.encode()))
        return changes

    def removal(self):
        """The changes that remove the package."""
        changes = []
        if LINE in self.cmake_text:
            changes.append(Change("take a line out of", CMAKE, self.cmake_text.replace(LINE, "").encode()))
        changes += [Change("remove", name, None) for name in self.present()]
        if (self.lammps / LIST).is_file():
            changes.append(Change("remove", LIST, None))
        return changes

    def carry_out(self, changes):
        """Makes the changes."""
        for change in changes:
            path = self.lammps / change.name
            if change.data is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, change.data)
            else:
                path.unlink()
                self.remove_empty(path.parent)

    def remove_empty(self, folder):
        """Removes the folder if it is empty, and then its parents, up to the folders of the package."""
        while any(folder == self.lammps / top or (self.lammps / top) in folder.parents for top in FOLDERS):
            if any(folder.iterdir()):
                return
            folder.rmdir()
            folder = folder.parent
