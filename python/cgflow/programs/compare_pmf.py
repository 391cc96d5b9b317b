# SPDX-License-Identifier: GPL-2.0-only
"""compare-pmf: figures of a learned PMF against a reference."""
import numpy as np

from ..pmf import comparison, files
from ..pmf.reference import read_reference
from ..program import Parser, errors_in_one_line

DESCRIPTION = """\
Compares a learned PMF with a reference and prints one figure per line: the
forward Kullback-Leibler divergence (nats), RMS and largest error (kT) after
the best constant is subtracted, and the calibration of the error bar (the
percentages of errors within one and two std; 68 % and 95 % for errors that are
normally distributed with this std).

Works for one to three CG variables."""
EXAMPLES = """\
example:
  compare-pmf ala2.pmf tests/oracle/ala2_obc1_pmf.csv --below 10"""


def parser():
    result = Parser("compare-pmf", description=DESCRIPTION, epilog=EXAMPLES)
    result.add_argument("pmf", metavar="MODEL.pmf", help="PMF file that fix cgflow/al or cgflow/pmf has written")
    result.add_argument("reference", metavar="REFERENCE", help=comparison.REFERENCE_HELP)
    comparison.add_options(result)
    return result


def figures(options):
    """Pairs (name, text) of the lines to print."""
    pmf = files.read_pmf(options.pmf)
    reference = read_reference(options.reference, pmf.dimension)
    result = comparison.compare(pmf, comparison.restrict(reference, options.range, options.below))
    yield "forward KLD", f"{result.kld:.4e} in {result.cells} cells of {result.cell_error.size}"
    yield "RMS error", f"{result.rms:.4f} kT at {result.where()}"
    yield "largest error", result.largest()
    yield "median std", f"{np.median(result.std):.4f} kT"
    yield "within 1 std", f"{result.percent_within(1):.1f} %"
    yield "within 2 std", f"{result.percent_within(2):.1f} %"
    yield "PMF file", pmf.line()


def main(argv=None):
    options = parser().parse_args(argv)
    with errors_in_one_line("compare-pmf"):
        print("\n".join(f"{name + ':':<15}{value}" for name, value in figures(options)))
