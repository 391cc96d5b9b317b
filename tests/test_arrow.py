# SPDX-License-Identifier: GPL-2.0-only
"""The arrow of dependencies: which include may appear in which folder. Comments do not count."""
import os
import pathlib
import re
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("CGFLOW_SOURCE_DIR", pathlib.Path(__file__).parents[1]))
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)

PUBLIC, SRC, KERNELS = "lib/cgflow/include/", "lib/cgflow/src/", "lib/cgflow/src/kernels/"
TOOLS, GLUE = "lib/cgflow/tools/", "src/USER-CGFLOW/"
# The folders of lib/cgflow/src, each a layer: a file may include headers of its own folder and of those before it.
LAYERS = ["kernels", "base", "files", "config", "molecule", "coordinates", "flow", "pmf", "training", "model", "explore"]
YAML_READER = SRC + "config/yaml_tree.cpp"
KOKKOS_USER = KERNELS + "runtime.cpp"
TORCH = re.compile(r"(torch|ATen|c10|caffe2)/")
KOKKOS = re.compile(r"(Kokkos|KokkosKernels|impl/Kokkos)[_.\w/]*\.hpp$|kokkos|omp\.h$")
YAML = re.compile(r"yaml(-cpp)?[./]")
MPI = re.compile(r"mpi(xx)?\.h$")
# Of the system, besides the standard library, the library may use what POSIX has; public headers may not.
STANDARD = re.compile(r"[a-z_0-9]+$")
POSIX = {"fcntl.h", "unistd.h", "sys/stat.h", "sys/types.h"}


def includes(text):
    """[(is_system, name)] of a source text."""
    return [(mark == "<", name) for mark, name in INCLUDE.findall(COMMENT.sub("", text))]


def lib_header(path, name, files):
    """The file of lib/cgflow that an include in quotes means, or None."""
    folder = path.rsplit("/", 1)[0] + "/"
    for base in (folder, PUBLIC, SRC):
        candidate = os.path.normpath(base + name)
        if candidate in files:
            return candidate
    return None


def layer(path, files):
    """The layer's number of a file of lib/cgflow: that of its folder, for a public header that of the source that implements it
    (its name, another ending) and else the lowest above the kernels. None for a source outside a known folder."""
    if path.startswith(PUBLIC):
        stem = pathlib.PurePosixPath(path).stem
        homes = [p for p in files if p.startswith(SRC) and p.endswith("/" + stem + ".cpp")]
        return layer(homes[0], files) if homes else LAYERS.index("base")
    parts = path[len(SRC):].split("/")
    return LAYERS.index(parts[0]) if len(parts) == 2 and parts[0] in LAYERS else None


def offence(path, system, name, files):
    """Why this include may not stand in this file, or None."""
    in_lib, in_kernels = path.startswith("lib/cgflow/"), path.startswith(KERNELS)
    if TORCH.match(name):
        return None if path.startswith(SRC) and not in_kernels else "torch is for lib/cgflow/src without its kernels"
    if KOKKOS.match(name) and not name.startswith("kernels/"):
        return None if path == KOKKOS_USER else "Kokkos and OpenMP are for " + KOKKOS_USER
    if YAML.match(name):
        return None if path == YAML_READER else "yaml-cpp is for " + YAML_READER
    if MPI.match(name):
        return None if path.startswith(GLUE) else "MPI is for src/USER-CGFLOW"
    if not in_lib:
        if not system and re.search(r"(^|/)(kernels/|lib/cgflow/src)|\.\./", name):
            return "the glue sees the public headers of the library alone"
        return None
    if system:
        if STANDARD.match(name) or (name in POSIX and not path.startswith(PUBLIC)):
            return None
        return "expected the standard library"
    target = lib_header(path, name, files)
    if target is None:
        return "no such header in lib/cgflow"
    if path.startswith(PUBLIC) and not target.startswith(PUBLIC):
        return "a public header may include public headers alone"
    if path.startswith(TOOLS) and not target.startswith(PUBLIC):
        return "programs of the library use its public headers"
    if path.startswith(SRC):
        if layer(path, files) is None:
            return "expected a file in one of the folders " + ", ".join(LAYERS) + " of " + SRC
        if layer(target, files) is None or layer(target, files) > layer(path, files):
            return "against the order of the folders: " + " <- ".join(LAYERS)
    return None


def cycles(files):
    """Loops of includes among the headers of lib/cgflow, each as a list of paths."""
    edges = {}
    for path, text in files.items():
        if path.startswith("lib/cgflow/") and path.endswith(".h"):
            targets = [lib_header(path, name, files) for system, name in includes(text) if not system]
            edges[path] = [t for t in targets if t]
    found, done = [], set()

    def visit(path, way):
        if path in way:
            found.append(way[way.index(path):] + [path])
        elif path not in done:
            for target in edges.get(path, []):
                visit(target, way + [path])
            done.add(path)

    for path in sorted(edges):
        visit(path, [])
    return found


def offences(files):
    return [f"{path}: #include {name}: {why}" for path, text in sorted(files.items()) for system, name in includes(text)
            if (why := offence(path, system, name, files))]


def sources(root):
    files = {}
    for folder in ("lib/cgflow", "src/USER-CGFLOW"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".hpp", ".cpp", ".cu") and path.is_file():
                files[path.relative_to(root).as_posix()] = path.read_text()
    return files


class Arrow(unittest.TestCase):
    def test_every_include_follows_the_arrow(self):
        files = sources(SOURCE)
        self.assertGreater(len(files), 20)
        self.assertEqual(offences(files), [])

    def test_headers_of_the_library_have_no_loops(self):
        self.assertEqual(cycles(sources(SOURCE)), [])

    def test_each_source_of_the_library_has_a_folder(self):
        files = sources(SOURCE)
        self.assertEqual([p for p in files if p.startswith(SRC) and layer(p, files) is None], [])

    def test_lammps_headers_stand_in_the_glue_alone(self):
        # lib/cgflow finds every header in quotes among its own files; this asks the same of tests/unit.
        files = sources(SOURCE)
        own = {p.name for p in (SOURCE / "tests/unit").glob("*.h")}
        for path in sorted((SOURCE / "tests/unit").glob("*.cpp")):
            for system, name in includes(path.read_text()):
                if not system and name not in own:
                    self.assertIsNotNone(lib_header(SRC + "x.cpp", name, files), f"{path.name}: {name}")

    def test_each_public_header_has_a_guard(self):
        for path, text in sources(SOURCE).items():
            if path.startswith(PUBLIC):
                guard = "CGFLOW_" + pathlib.Path(path).stem.upper() + "_H"
                self.assertRegex(text, f"#ifndef {guard}\n#define {guard}\n", path)


class Rules(unittest.TestCase):
    """The checks above see what they are to see."""

    def refused(self, path, line, others=()):
        files = {path: line, **{other: "" for other in others}}
        return len(offences(files)) == 1

    def test_each_offence_is_seen(self):
        for path, line in [
                (PUBLIC + "cgflow/a.h", "#include <torch/torch.h>"), (PUBLIC + "cgflow/a.h", "#include <ATen/ATen.h>"),
                (PUBLIC + "cgflow/a.h", "#include <unistd.h>"), (PUBLIC + "cgflow/a.h", '#include "tensor.h"'),
                (KERNELS + "a.cpp", "#include <c10/core/Device.h>"), (KERNELS + "a.cpp", '#include "../base/tensor.h"'),
                (KERNELS + "a.cpp", '#include "../flow/flow.h"'), (KERNELS + "a.cpp", '#include "flow/flow.h"'),
                (KERNELS + "a.h", '#include "cgflow/config.h"'), (SRC + "flow/flow.h", '#include "explore/learner.h"'),
                (SRC + "flow/flow.cpp", '#include "cgflow/learner.h"'), (SRC + "a.cpp", '#include "base/tensor.h"'),
                (SRC + "flow/deep/a.cpp", '#include "base/tensor.h"'), (SRC + "other/a.cpp", '#include "base/tensor.h"'),
                (KERNELS + "a.cpp", "#include <Kokkos_Core.hpp>"), (KERNELS + "a.cpp", "#include <omp.h>"),
                (SRC + "a.cpp", "#include <Kokkos_Core.hpp>"), (SRC + "a.cpp", "#include <mpi.h>"),
                (SRC + "config/config_reader.cpp", "#include <yaml-cpp/yaml.h>"), (SRC + "a.cpp", '#include "lammps.h"'),
                (SRC + "a.cpp", '#include "error.h"'), (SRC + "a.cpp", "#include <library.h>"),
                (GLUE + "a.cpp", "#include <ATen/ATen.h>"), (GLUE + "a.cpp", "# include <Kokkos_Core.hpp>"),
                (GLUE + "a.cpp", '#include "yaml-cpp/yaml.h"'), (GLUE + "a.cpp", '#include "kernels/a.h"'),
                (TOOLS + "a.cpp", '#include "base/tensor.h"'), (GLUE + "a.cpp", '#include "../../lib/cgflow/src/flow.h"')]:
            others = [SRC + "base/tensor.h", SRC + "explore/learner.h", SRC + "explore/learner.cpp", PUBLIC + "cgflow/learner.h",
                      PUBLIC + "cgflow/config.h"] + ([SRC + "flow/flow.h"] if path != SRC + "flow/flow.h" else [])
            self.assertTrue(self.refused(path, line, others), f"{path}: {line}")

    def test_what_is_right_passes(self):
        others = [SRC + "base/tensor.h", SRC + "base/b.cpp", KERNELS + "a.h", PUBLIC + "cgflow/b.h", SRC + "flow/flow.h"]
        for path, line in [
                (SRC + "base/tensor.h", "#include <torch/csrc/autograd/autograd.h>"), (SRC + "base/a.cpp", '#include "kernels/a.h"'),
                (SRC + "flow/a.cpp", '#include "flow/flow.h"\n#include "base/tensor.h"\n#include "cgflow/b.h"'),
                (SRC + "explore/a.cpp", '#include "flow/flow.h"'),
                (KOKKOS_USER, '#include <Kokkos_Core.hpp>\n#include "a.h"'), (GLUE + "a.cpp", "#include <mpi.h>"),
                (GLUE + "a.cpp", '#include "lammps.h"\n#include "cgflow/b.h"'), (YAML_READER, "#include <yaml-cpp/yaml.h>"),
                (PUBLIC + "cgflow/a.h", '#include <vector>\n#include "cgflow/b.h"'), (SRC + "a.cpp", "// #include <mpi.h>"),
                (SRC + "a.cpp", "/*\n#include <mpi.h>\n*/"), (SRC + "a.cpp", "#include <unistd.h>\n#include <cstdint>")]:
            self.assertEqual(offences({**{o: "" for o in others}, path: line}), [])

    def test_loops_are_seen(self):
        a, b = PUBLIC + "cgflow/a.h", PUBLIC + "cgflow/b.h"
        self.assertEqual(cycles({a: '#include "cgflow/b.h"', b: '#include "cgflow/a.h"'}), [[a, b, a]])

    def test_sources_reads_a_tree(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "lib/cgflow/src/kernels/a.cpp"
            path.parent.mkdir(parents=True)
            path.write_text("#include <ATen/ATen.h>\n")
            self.assertEqual(len(offences(sources(pathlib.Path(folder)))), 1)


if __name__ == "__main__":
    unittest.main()
