"""Prints the mutants of the files named, one JSON object a line; universalmutator makes them, one line changed at a time."""

import contextlib
import json
import sys

from universalmutator.mutator import mutants_regexp

rules, *files = sys.argv[1:]
for file in files:
    with open(file, encoding="utf8") as source:
        lines = source.readlines()
    # It tells of its progress on standard output.
    with contextlib.redirect_stdout(sys.stderr):
        mutants = mutants_regexp(lines, [rules], ignorePatterns=[])
    for number, line, _rule, _pattern in mutants:
        print(json.dumps({"file": file, "line": number, "from": lines[number - 1].rstrip("\n"), "to": line.rstrip("\n")}))
