# SPDX-License-Identifier: GPL-2.0-only
"""The blocks of the pages that a user types or reads: fenced blocks of README.md, code-block and parsed-literal of doc/*.rst."""
import re

from harness import SOURCE

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|nan|inf)(?![\w])")


def indent_of(line):
    return len(line) - len(line.lstrip())


def markdown_blocks(lines):
    blocks, inside, indent = [], None, 0
    for line in lines:
        if line.strip().startswith("```"):
            if inside is None:
                inside, indent = [], indent_of(line)
            else:
                blocks.append("\n".join(inside) + "\n")
                inside = None
        elif inside is not None:
            inside.append(line[indent:])
    return blocks


def rst_blocks(lines):
    blocks, i = [], 0
    while i < len(lines):
        head = re.match(r"( *)\.\. (?:code-block|parsed-literal)::", lines[i])
        i += 1
        if not head:
            continue
        body = []
        while i < len(lines) and (not lines[i].strip() or indent_of(lines[i]) > len(head[1])):
            body.append(lines[i])
            i += 1
        least = min(indent_of(line) for line in body if line.strip())
        blocks.append("\n".join(line[least:] for line in body).strip("\n") + "\n")
    return blocks


def pages():
    """{page: blocks} of the README and all Howto pages."""
    result = {"README.md": markdown_blocks((SOURCE / "README.md").read_text().splitlines())}
    for path in sorted((SOURCE / "doc").glob("Howto_*.rst")):
        result[path.name] = rst_blocks(path.read_text().splitlines())
    return {page: blocks for page, blocks in result.items() if blocks}


def plain(line):
    """Without comment and with single blanks."""
    return " ".join(line.split("#")[0].split())


def lines_missing_in(block, text):
    """Lines of an output that no line of a text begins with; "..." at the end of a line stands for its rest, alone for any lines."""
    have = [" ".join(line.split()) for line in text.splitlines()]
    missing = []
    for line in block.splitlines():
        line = " ".join(line.split())
        begin = line[:-3].strip() if line.endswith("...") else line
        if begin and not any(other.startswith(begin) if line != begin else other == line for other in have):
            missing.append(line)
    return missing


def commands_missing_in(block, text):
    """Lines of a script, without comments, that are not lines of another script."""
    have = {plain(line) for line in text.splitlines()}
    return [line for line in map(plain, block.splitlines()) if line and line != "..." and line not in have]


def shapes(text):
    """The lines of a file with a # in place of each number."""
    return {" ".join(NUMBER.sub("#", line).split()) for line in text.splitlines() if line.strip() and line.strip() != "..."}
