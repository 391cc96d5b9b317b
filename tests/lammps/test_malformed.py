# SPDX-License-Identifier: GPL-2.0-only
"""Malformed inputs: each is one clear error, without a crash, a hang or a partial file. A share of all of them, from each
family; tools/test-malformed runs all."""
import pathlib
import shutil
import tempfile
import unittest

import malformed
import malformed_run
from harness import LammpsTest

SHARE = 0.1
WHOLE_PROCESSES = 8


class Malformed(LammpsTest):
    @classmethod
    def setUpClass(cls):
        cls.store = pathlib.Path(tempfile.mkdtemp(prefix="cgflow-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.store, ignore_errors=True)
        malformed_run.make_store(cls.store)

    def test_each_is_one_clear_error(self):
        counts, bad = malformed_run.run(self.store, SHARE)
        self.assertGreater(sum(counts.values()), 200)
        self.assertEqual(bad, [], "\n" + "\n".join(bad))

    def test_there_are_more_than_a_thousand(self):
        must_fail = [case for case in malformed_run.cases(self.store) if not case.may_pass]
        self.assertGreater(len(must_fail), 1000)
        self.assertEqual(len({(case.script, str(case.files)) for case in must_fail}), len(must_fail))

    def test_the_program_ends_with_one_error_and_a_code(self):
        """The view of a user: screen and exit code of a separate lmp process."""
        must_fail = [case for case in malformed_run.cases(self.store) if not case.may_pass and not case.may_leave]
        for case in must_fail[::len(must_fail) // WHOLE_PROCESSES]:
            with self.subTest(case.title):
                for path in self.store.iterdir():
                    shutil.copy(path, self.folder)
                for name, content in case.files.items():
                    (self.folder / name).unlink(missing_ok=True)
                    if content is not None:
                        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
                before = {p.name for p in self.folder.iterdir()} | {"in.test", "log.lammps"}
                result = self.lammps(case.script, check=False, timeout=120)
                self.assertGreater(result.code, 0, result.text[-2000:])
                self.assertEqual(len(result.errors()), 1, result.errors())
                outcome = malformed.Outcome(result.text[result.text.index("ERROR"):], 1)
                self.assertEqual(malformed.faults(case, outcome), [], outcome.error)
                self.assertEqual({p.name for p in self.folder.iterdir()} - before, set())

    def test_faults_are_seen(self):
        """The checks themselves refuse bad endings."""
        case = malformed.Case("a", "b", "", place="mb.yaml:3", got="got '0'")
        good = malformed.Outcome("ERROR: fix cgflow/al: mb.yaml:3:1: pmf.members: got '0', expected integer >= 2", 1)
        self.assertEqual(malformed.faults(case, good), [])
        for error, lines, left, crash in (("", 0, (), ""), ("", 0, (), "ended by SIGSEGV"), (good.error, 2, (), ""), (good.error, 1, ("x.tmp",), ""),
                                          (good.error.replace(":3:", ":4:"), 1, (), ""), (good.error.replace("'0'", "it"), 1, (), ""),
                                          (good.error.split(", exp")[0], 1, (), ""), (good.error + "\nframe #0: c10::Error", 1, (), "")):
            self.assertNotEqual(malformed.faults(case, malformed.Outcome(error, lines, left, crash)), [])


if __name__ == "__main__":
    unittest.main()
