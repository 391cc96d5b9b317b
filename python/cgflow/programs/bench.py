# SPDX-License-Identifier: GPL-2.0-only
"""bench: the speed of the parts of cgflow beside peers and limits."""
import datetime
import pathlib
import statistics
import sys

from ..bench import table
from ..bench.rows import ROWS, Effort
from ..checkout import ROOT
from ..errors import ToolError
from ..machine import machine
from ..program import Parser, errors_in_one_line

DESCRIPTION = """\
Measures the speed of the parts of cgflow on this machine with one thread:
flow, coordinates, ensemble, energies, whole iterations, and two ranks. Each
row compares cgflow with a peer (other software that does the same) or with a
limit (the machine's, or the time of the unavoidable part alone). Runs of cgflow
and of a peer alternate, and the table shows medians.

Prints the table and writes the figures to build/bench/bench.json: for each row
`ours`, `peer` and `limit` in items per second. doc/Howto_cgflow_bench.rst
explains the rows. All rows take about 15 minutes; other work on the machine
disturbs them."""
EXAMPLES = """\
examples:
  bench --quick --no-peers             check that everything works
  bench --only default_step,sweeps     measure two rows"""


def parser():
    result = Parser("bench", description=DESCRIPTION, epilog=EXAMPLES)
    result.add_argument("--only", metavar="ROW,...", default=",".join(ROWS), help="rows to measure (default: all), some of "
                        f"{', '.join(ROWS)}")
    result.add_argument("--quick", action="store_true", help="one short run of each row: checks that everything works, measures nothing")
    result.add_argument("--no-peers", action="store_true", help="leave out normflows and OpenMM, which the first call with peers installs "
                        "into build/bench/venv")
    result.add_argument("--rounds", metavar="N", type=int, default=3, help="measure each row N times, cgflow and its peer in turn "
                        "(default: 3)")
    result.add_argument("--json", metavar="FILE", type=pathlib.Path, default=ROOT / "build" / "bench" / "bench.json",
                        help="file for the figures; rows that are not measured keep theirs (default: build/bench/bench.json)")
    return result


def arguments(argv):
    """The options; wrong values end the program."""
    options = parser().parse_args(argv)
    options.only = parser().some_of("--only", options.only, ROWS)
    parser().from_one("--rounds", options.rounds)
    return options


def measure(row, effort, rounds):
    """{figure: median over the rounds}. Each round makes each run once."""
    runs = row.runs + (row.peers if effort.peers else ())
    found = {}
    for _ in range(1 if effort.quick or row.once else rounds):
        for figures in runs:
            for name, value in figures(effort).items():
                if value is not None:
                    found.setdefault(name, []).append(value)
    return {name: statistics.median(values) for name, values in found.items()}


def run(options):
    stored = table.read(options.json)
    here = {"machine": machine(), "date": str(datetime.date.today()), "quick": options.quick}
    # Figures of another machine or of quick runs cannot be compared with these.
    about = stored.get("about", {})
    if about.get("machine") != here["machine"] or about.get("quick") != options.quick:
        stored = {}
    effort, done, failures = Effort(options.quick, not options.no_peers), {}, []
    for name in options.only:
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            done[name] = {**measure(ROWS[name], effort, options.rounds), "date": here["date"]}
        except ToolError as error:
            failures.append(name)
            print(f"bench: {name}: {error}", file=sys.stderr, flush=True)
            continue
        stored = {**stored, **done, "about": here}
        table.write(options.json, stored)
    if done:
        print(f"{here['date']}, {here['machine']}, one thread" + (", quick: not measurements" if options.quick else ""))
        print(table.table(done))
        print(f"wrote {options.json}")
    if failures:
        sys.exit(f"bench: no figures of {', '.join(failures)}, for the reasons above")


def main(argv=None):
    options = arguments(argv)
    try:
        with errors_in_one_line("bench"):
            run(options)
    except KeyboardInterrupt:
        sys.exit("bench: interrupted; the rows so far are written")
