# SPDX-License-Identifier: GPL-2.0-only
# Sphinx settings. Build with: sphinx-build -W doc build/doc
import pathlib
import re

project = "cgflow"
author = "the cgflow developers"
project_copyright = "GPL-2.0-only"
_cmake = (pathlib.Path(__file__).parent.parent / "CMakeLists.txt").read_text()
release = version = re.search(r"project\(cgflow VERSION ([\d.]+)", _cmake).group(1)

needs_sphinx = "7.2"
extensions = []
exclude_patterns = ["build", "Thumbs.db", ".DS_Store"]
# The pages of styles show LAMMPS input, for which there is no lexer.
highlight_language = "none"
nitpicky = True

html_theme = "alabaster"
html_theme_options = {"description": "Free-energy learning inside LAMMPS", "page_width": "1000px"}


def drop_patterns_without_pages(app, docname, source):
    """A section of the index may have no page yet; Sphinx warns of such a pattern and cannot be told not to."""
    if docname == "index":
        folder = pathlib.Path(__file__).parent
        source[0] = re.sub(r"^   (\w+_\*)\n", lambda m: m[0] if any(folder.glob(m[1] + ".rst")) else "", source[0], flags=re.M)


def setup(app):
    app.connect("source-read", drop_patterns_without_pages)
