# SPDX-License-Identifier: GPL-2.0-only
"""plot-pmf: the picture of a learned PMF."""
import pathlib

from ..pmf import comparison, files
from ..pmf.reference import read_reference
from ..program import Parser, errors_in_one_line

DESCRIPTION = """\
Plots a learned PMF of one or two CG variables: the free energy and its std,
the points that each iteration chose, and the convergence with the number of
energy evaluations. With a reference, it also plots the error and the
calibration of the error bar, and prints the forward Kullback-Leibler
divergence, the RMS error and the largest error after the best constant is
subtracted."""
EXAMPLES = """\
examples:
  plot-pmf mb.pmf
  plot-pmf ala2.pmf --reference tests/oracle/ala2_obc1_pmf.csv -o ala2.pdf"""


def parser():
    result = Parser("plot-pmf", description=DESCRIPTION, epilog=EXAMPLES)
    result.add_argument("pmf", metavar="NAME.pmf", help="PMF file; NAME.iterations beside it is plotted where it exists")
    result.add_argument("--reference", metavar="FILE", help=comparison.REFERENCE_HELP)
    result.add_argument("--log", metavar="FILE", help="LAMMPS log to take the convergence from where there is no NAME.iterations")
    result.add_argument("--labels", metavar="FILE", help="labels to plot: columns s ..., F and its error, as the option labels of the "
                        "command cgflow/pmf writes them")
    comparison.add_options(result)
    result.add_argument("-o", metavar="FILE", help="picture to write, .png, .pdf or .svg (default: NAME.png)")
    return result


def draw(options):
    """Writes the picture; returns the line to print."""
    pmf = files.read_pmf(options.pmf)
    history_path = pathlib.Path(options.pmf).with_suffix(".iterations")
    history = files.read_iterations(history_path, pmf) if history_path.exists() else []
    convergence = files.convergence(history)
    if not history and options.log:
        convergence = files.read_log(options.log)
    labels = files.read_table(options.labels, pmf.dimension, 2) if options.labels else None
    reference, result = None, None
    if options.reference:
        reference = read_reference(options.reference, pmf.dimension)
        reference = comparison.restrict(reference, options.range, options.below)
        result = comparison.compare(pmf, reference)
        convergence.update(comparison.against_evaluations(history, reference))
    # Matplotlib takes a second to import. Wrong input is reported before that.
    from ..pmf import figure
    picture = options.o or str(pathlib.Path(options.pmf).with_suffix(".png"))
    figure.draw(picture, pmf, history, convergence, reference, result, labels)
    return f"{picture}: {result.line() if result else pmf.line()}"


def main(argv=None):
    options = parser().parse_args(argv)
    with errors_in_one_line("plot-pmf"):
        print(draw(options))
