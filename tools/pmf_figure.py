# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a learned PMF."""
import os
import pathlib
import textwrap

import pmf_curves
import pmf_maps
from pmf_grid import PlotError
from pmf_style import plt

# Which program drew it, and when, would make two files of the same content differ.
METADATA = {"png": {"Software": None}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}


def draw(path, pmf, history, convergence, reference, result, labels):
    """Writes the picture whole or not at all."""
    ending = pathlib.Path(path).suffix.lstrip(".")
    if ending not in METADATA:
        raise PlotError(f"{path}: got a picture of the kind '{ending}', expected png, pdf or svg")
    if pmf.dimension > 2:
        raise PlotError(f"{path}: got a PMF of {pmf.dimension} CG variables, pictures are drawn of 1 or 2")
    if pmf.dimension == 1:
        figure = pmf_curves.make(pmf, history, convergence, reference, result, labels)
    else:
        figure = pmf_maps.make(pmf, history, convergence, result, labels)
    lines = [pmf.line()] + (textwrap.wrap(result.line(), round(16 * figure.get_figwidth())) if result else [])
    figure.suptitle("\n".join(lines), fontsize=8)
    temporary = f"{path}.tmp"
    try:
        figure.savefig(temporary, dpi=150, format=ending, metadata=METADATA[ending])
        os.replace(temporary, path)
    finally:
        plt.close(figure)
        if os.path.exists(temporary):
            os.unlink(temporary)
