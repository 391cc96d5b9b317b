# SPDX-License-Identifier: GPL-2.0-only
"""compare: methods for a PMF side by side."""
import argparse
import pathlib
import signal
import sys

from ..checkout import ROOT
from ..compare import cells, jobs, methods, report, systems
from ..errors import ToolError
from ..pmf import comparison
from ..pmf.reference import read_reference
from ..program import Parser, errors_in_one_line

METHODS = methods.METHODS
DESCRIPTION = """\
Compares methods that compute a PMF with LAMMPS, on one system with one force
field: plain MD, well-tempered metadynamics, temperature replica exchange, grid
conditioning, the schedule of the paper (arXiv 2402.01195), and active
learning. Every run has a budget of energy evaluations and of wall time.

SYSTEM is mueller-brown, alanine-dipeptide, alanine-dipeptide-vacuum, or a
folder that tools/import-molecule has written (this needs --reference).

Writes table.txt, table.rst, curves.json, evaluations.png and time.png to
RESULTS/SYSTEM. After an interruption the same command continues."""
EXAMPLES = """\
examples:
  compare mueller-brown --reduced
  compare alanine-dipeptide --methods metad,ours --seeds metad=3 ours=3"""


def per_method(low):
    """Reader of METHOD=N with N from `low` on."""
    def read(word):
        name, _, value = word.partition("=")
        if name not in METHODS or not value.isdigit() or not low <= int(value) <= 10**12:
            raise argparse.ArgumentTypeError(f"got '{word}', expected METHOD=N, N from {low}, METHOD one of {','.join(METHODS)}")
        return name, int(value)
    return read


def parser():
    result = Parser("compare", description=DESCRIPTION, epilog=EXAMPLES)
    result.add_argument("system", metavar="SYSTEM", help="system to compare the methods on")
    result.add_argument("--reference", metavar="FILE", help="reference PMF: columns s ..., F in kT (default: that of the system in "
                        "tests/oracle)")
    result.add_argument("--methods", metavar="A,B", default=",".join(METHODS), help=f"some of {', '.join(METHODS)} (default: all)")
    for name, text in (("seeds", "number of runs of a method, with seeds 1, 2, ..."),
                       ("evaluations", "budget of energy evaluations of a run, of all replicas together"),
                       ("wall", "budget of wall time of a run, in seconds")):
        result.add_argument(f"--{name}", metavar="METHOD=N", nargs="+", default=[], type=per_method(1), help=text)
    result.add_argument("--reduced", action="store_true", help="one run per method with a small budget: checks that everything works")
    result.add_argument("--jobs", metavar="N", type=int, default=2, help="number of simultaneous runs (default: 2)")
    result.add_argument("--target", metavar="KLD", nargs="+", type=float, default=[1e-2, 3e-3, 1e-3],
                        help="divergences for the second table: the cost of reaching each (default: 1e-2 3e-3 1e-3)")
    result.add_argument("--results", metavar="FOLDER", default=ROOT / "build" / "compare",
                        help="folder for runs and results (default: build/compare)")
    return result


def arguments(argv):
    """The options; wrong values end the program."""
    options = parser().parse_args(argv)
    options.methods = parser().some_of("--methods", options.methods, METHODS)
    parser().from_one("--jobs", options.jobs)
    if not min(options.target) > 0:
        parser().error(f"--target: got {min(options.target):g}, expected numbers above 0")
    return options


def reference_of(system, path, dimension):
    """The reference PMF: that of the path, else that of the system."""
    path = path or system.reference
    if path is None:
        raise ToolError(f"{system.name} has no reference of its own; --reference FILE is needed")
    reference = read_reference(path, dimension)
    if system.merged > 1 and reference.probability is None:
        reference = cells.merge(reference, system.merged)
    return comparison.restrict(reference, None, None)


def run(options):
    system = systems.find(options.system)
    variables = system.variables()
    reference = cells.Cells(reference_of(system, options.reference, len(variables)), variables)
    seeds, evaluations, wall = dict(options.seeds), dict(options.evaluations), dict(options.wall)
    all_jobs = []
    for name in options.methods:
        method = METHODS[name]
        n = seeds.get(name, 1 if options.reduced else method.seeds)
        all_jobs += methods.jobs(system, method, n, evaluations.get(name), wall.get(name), options.reduced)
    results = pathlib.Path(options.results) / system.name
    results.mkdir(parents=True, exist_ok=True)
    jobs.run_all(all_jobs, results, options.jobs, lambda line: print(line, flush=True))
    print("\n" + report.write(system, options.jobs, options.target, results, reference, all_jobs))
    print(f"{results}: {' '.join(report.FILES)}")


def main(argv=None):
    options = arguments(argv)
    # A termination request ends the runs in an orderly way, like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with errors_in_one_line("compare"):
            run(options)
    except KeyboardInterrupt:
        sys.exit("compare: interrupted; the same command continues from here")
