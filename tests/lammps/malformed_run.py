# SPDX-License-Identifier: GPL-2.0-only
"""All malformed inputs, or a share of them of each family: `malformed_run.py [share]`, or through tools/test-malformed."""
import collections
import pathlib
import random
import shutil
import sys
import tempfile
import time

import learning as l
import malformed
import malformed_files
import malformed_order
import malformed_scripts
import malformed_yaml
import walkers as w

SEED = 8


def make_store(folder):
    """A folder with all that the good scripts need, among it a model and a state."""
    maker = l.LearningTest()
    maker.folder = pathlib.Path(folder)
    maker.furnish(maker.folder)
    maker.lammps(l.learning("run 5\n"))
    for ending in ("cgflow", "state"):
        (maker.folder / f"mb.{ending}").rename(maker.folder / f"m.{ending}")
    for name in ("mb.pmf", "mb.iterations", "in.test", "log.lammps"):
        (maker.folder / name).unlink()
    w.write_torus(maker.folder / "torus.dat", n=25)
    (maker.folder / "points.txt").write_text("-2.0\n-1.5\n")
    malformed_scripts.store(maker.folder)
    return maker.folder


def cases(folder, share=1.0):
    """The same ones each time; of each family every 1/share-th, at least two."""
    found = list(malformed_yaml.cases(random.Random(SEED)))
    for module in (malformed_scripts, malformed_files, malformed_order):
        found += module.cases(random.Random(SEED), folder)
    families, seen = collections.defaultdict(list), set()
    for case in found:
        same = case.script, str(case.files)
        if same not in seen:
            families[case.family].append(case)
        seen.add(same)
    for family in families.values():
        n = min(len(family), max(2, round(share * len(family))))
        yield from (family[int((k + 0.5) * len(family) / n)] for k in range(n))


def run(folder, share=1.0, report=lambda case, outcome, found: None):
    """{family: number of cases} and the cases with faults, as texts."""
    counts, bad = collections.Counter(), []
    runner = malformed.Runner(folder)
    try:
        for case in cases(folder, share):
            outcome = runner.run(case)
            found = malformed.faults(case, outcome)
            counts[case.family] += 1
            report(case, outcome, found)
            if found:
                bad.append(f"{case.title}\n    {'; '.join(found)}\n    {outcome.error[:600]}")
    finally:
        runner.stop()
    return counts, bad


def main():
    share, began = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0, time.time()
    folder = tempfile.mkdtemp(prefix="cgflow-malformed-store-")
    try:
        counts, bad = run(make_store(folder), share, lambda case, outcome, found: print(
            f"{'FAULT ' + '; '.join(found) if found else 'ok'}  {case.title}\n    {outcome.error or outcome.crash or 'no error'}"))
    finally:
        shutil.rmtree(folder)
    for family, count in counts.items():
        print(f"{count:6d} {family}")
    print(f"{sum(counts.values())} malformed inputs in {time.time() - began:.0f} s, {len(bad)} with faults")
    print("\n".join(bad))
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
