# SPDX-License-Identifier: GPL-2.0-only
# Sphinx settings. Build with: sphinx-build -W doc build/doc
import pathlib
import re

from pygments.lexer import RegexLexer, bygroups
from pygments.token import Comment, Keyword, Name, String, Text

project = "cgflow"
author = "the cgflow developers"
project_copyright = "GPL-2.0-only"
_cmake = (pathlib.Path(__file__).parent.parent / "CMakeLists.txt").read_text()
release = version = re.search(r"project\(cgflow VERSION ([\d.]+)", _cmake).group(1)

needs_sphinx = "7.2"
extensions = []
exclude_patterns = ["build", "Thumbs.db", ".DS_Store"]
highlight_language = "none"
nitpicky = True

html_theme = "alabaster"
html_theme_options = {"description": "Free-energy learning inside LAMMPS", "page_width": "1000px"}


class LAMMPSLexer(RegexLexer):
    """Input scripts: comments, the command of a line, variables and quoted text. LAMMPS' own manual has a lexer of this name."""
    name = "LAMMPS"
    aliases = ["LAMMPS"]
    tokens = {
        "root": [
            (r"#.*", Comment),
            (r"^(\s*)([\w/]+)", bygroups(Text, Keyword)),
            (r"\$\{\w+\}|\$\w|\bv_\w+|\bc_\w+|\bf_\w+", Name.Variable),
            (r'"[^"\n]*"', String),
            (r"[^\s\"#$]+|[\s\"$]", Text),
        ]
    }


def drop_patterns_without_pages(app, docname, source):
    """A section of the index may have no page yet; Sphinx warns of such a pattern and cannot be told not to."""
    if docname == "index":
        folder = pathlib.Path(__file__).parent
        source[0] = re.sub(r"^   (\w+_\*)\n", lambda m: m[0] if any(folder.glob(m[1] + ".rst")) else "", source[0], flags=re.M)


def setup(app):
    app.add_lexer("LAMMPS", LAMMPSLexer)
    app.connect("source-read", drop_patterns_without_pages)
