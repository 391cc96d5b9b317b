# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a learned PMF."""
import pathlib
import textwrap

from . import curves, maps
from ..errors import ToolError
from .style import METADATA, save


def draw(path, pmf, history, convergence, reference, result, labels):
    """Writes the picture of a PMF of one or two CG variables; the ending of the path says of which kind."""
    kind = pathlib.Path(path).suffix.lstrip(".")
    if kind not in METADATA:
        raise ToolError(f"{path}: got a picture of the kind '{kind}', expected png, pdf or svg")
    if pmf.dimension > 2:
        raise ToolError(f"{path}: got a PMF of {pmf.dimension} CG variables, pictures show 1 or 2")
    if pmf.dimension == 1:
        figure = curves.make(pmf, history, convergence, reference, result, labels)
    else:
        figure = maps.make(pmf, history, convergence, result, labels)
    lines = [pmf.line()] + (textwrap.wrap(result.line(), round(16 * figure.get_figwidth())) if result else [])
    figure.suptitle("\n".join(lines), fontsize=8)
    save(figure, path, kind)
