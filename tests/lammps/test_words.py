# SPDX-License-Identifier: GPL-2.0-only
"""Words that a script passes to cgflow/backmap stay words, whatever characters they hold, and atomistic scripts are read as LAMMPS reads
them."""
import unittest

from harness import read_dump
from trained_model import BACKMAP, HEAD, CommandsTest

ODD = ("a b", "tab\there", "it's", 'say "so"', "a#b", "a$b", "${none}", "ends in &", "(a; b)", "a`b`", "back\\slash", "<a|b>", "-a", "{}")


class Words(CommandsTest):
    def quoted(self, word):
        return '"%s"' % word if '"' not in word else "'%s'" % word

    def test_odd_names_of_dumps_and_scripts(self):
        commands, names = "", []
        for name in ODD:
            self.write("in." + name, (self.folder / "in.mb").read_text())
            for dump, style in ((f"{name}.lammpstrj", ""), (f"{name}.xyz", "xyz "), (f"{name}.gz", "custom id x modify format float %.10g ")):
                backmap = BACKMAP.replace("d.lammpstrj", self.quoted(dump) + " " + style)
                commands += backmap + "atomistic " + self.quoted("in." + name) + "\n"
                names.append(dump)
        before = set(self.digest())
        self.lammps(HEAD + commands)
        self.assertEqual(set(self.digest()) - before, set(names))
        frames = read_dump(self.folder / names[0])
        self.assertEqual(len(frames), 12)
        for name in ODD:
            self.assertEqual(read_dump(self.folder / f"{name}.lammpstrj"), frames)
            self.assertEqual((self.folder / f"{name}.xyz").read_bytes(), (self.folder / f"{ODD[0]}.xyz").read_bytes())

    def test_formats_with_blanks_and_signs(self):
        self.lammps(HEAD + BACKMAP.replace("d.lammpstrj", 'd.x custom id x y modify format line "%d, %8.3f; #%.2f$" ') + "atomistic in.mb\n")
        lines = (self.folder / "d.x").read_text().splitlines()
        self.assertRegex(lines[9], r"^1, +-?\d\.\d{3}; #-?\d+\.\d\d\$ *$")

    def test_folder_that_a_compressed_dump_cannot_have(self):
        (self.folder / "a$b").mkdir()
        self.refuse(BACKMAP.replace("d.lammpstrj", '"a$b/d.gz" custom id x') + "atomistic in.mb", r"dump a\$b/d.gz: got a folder with one of")
        self.lammps(HEAD + BACKMAP.replace("d.lammpstrj", '"a$b/d.x" custom id x') + "atomistic in.mb\n")
        self.assertTrue((self.folder / "a$b" / "d.x").exists())


class Scripts(CommandsTest):
    def script(self, more):
        self.write("in.more", (self.folder / "in.mb").read_text() + more)
        return BACKMAP + "atomistic in.more"

    def test_text_in_quotes_is_no_command(self):
        for text in ('print """\nquit\nlog other\n\ninclude nothing\nshell touch wrong\n"""\n',
                     'variable b string """one\nquit\n it"""\n',
                     'variable a string """ # not a comment\ndump is a word\n"""\n',
                     'print "quit" # """ quit\nquit """\n',
                     "print 'a # b'\nprint \"\"\" & \nquit\"\"\"\n"):
            with self.subTest(text):
                self.lammps(HEAD + self.script(text) + "\n")
                self.assertFalse((self.folder / "wrong").exists())

    def test_commands_after_and_between_quotes_are_refused(self):
        for text in ('print """\nquit\n"""\nquit\n', 'print """a""" # """b"""\nquit\n', "qu&\nit\n", '"quit"\n', '"""quit"""\n',
                     "if '1 > 0' then 'quit'\n", 'if "1 > 0" then """\nquit"""\n'):
            with self.subTest(text):
                self.refuse(self.script(text), r"command 'quit' \(in.more line \d+\) is not allowed here")


if __name__ == "__main__":
    unittest.main()
