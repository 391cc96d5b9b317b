# SPDX-License-Identifier: GPL-2.0-only
"""tools/import-molecule: the files that it writes for a committed topology, and the input that it refuses. The energies
are tested in tests/lammps/test_molecule_energies.py."""
import dataclasses
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import unittest

from sandbox import SOURCE, Folder
from cgflow.errors import ToolError
from cgflow.molecule import amber, box, check, lammps, mixing, scripts, torsions
from cgflow.molecule.model import Atom, Molecule, bond_distances

ORACLE, EXAMPLES = SOURCE / "tests" / "oracle", SOURCE / "examples" / "USER-CGFLOW"
PRMTOP, INPCRD = ORACLE / "ala2.prmtop", ORACLE / "ala2.inpcrd"


def chain(*bonds, n=None, masses=None):
    """A molecule of carbon atoms with these bonds; pairs follow the AMBER rule along the shortest path."""
    n = n or 1 + max(max(bond) for bond in bonds)
    atoms = [Atom(f"A{i}", "X1", "C", (masses or [12.01] * n)[i], 0.1, 0.1, 3.0) for i in range(n)]
    molecule = Molecule("", atoms, [[float(i), 0.0, 0.0] for i in range(n)], [(i, j, 300.0, 1.5) for i, j in bonds])
    for i in range(n):
        for j, bonds_between in bond_distances(molecule.neighbors(), i).items():
            if i < j and bonds_between <= 2:
                molecule.excluded.add((i, j))
            elif i < j and bonds_between == 3:
                molecule.scaled[i, j] = (1 / 1.2, 0.5)
    return molecule


class ToolTest(Folder):
    def run_tool(self, *args, python=sys.executable, environment=None):
        done = subprocess.run([python, str(SOURCE / "tools" / "import-molecule"), *map(str, args)], cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                              env={**os.environ, **(environment or {})})
        return done.returncode, done.stdout

    def amber(self, *args, prmtop=PRMTOP, inpcrd=INPCRD, name="ala2", **options):
        return self.run_tool(name, "--prmtop", prmtop, "--inpcrd", inpcrd, *args, **options)

    def refused(self, pattern, *args, **options):
        code, text = self.amber(*args, **options)
        self.assertEqual(code, 1, text)
        self.assertRegex(text, re.compile(f"^import-molecule: .*{pattern}", re.S))
        self.assertEqual(text.count("\n"), 1, "one line:\n" + text)
        self.assertEqual([p.name for p in self.folder.glob("*") if p.name not in ("changed.prmtop", "changed.inpcrd")], [])

    def changed(self, old, new, source=PRMTOP):
        """A copy of a file with one place changed."""
        text = source.read_text()
        self.assertEqual(text.count(old), 1, old)
        path = self.folder / ("changed" + source.suffix)
        path.write_text(text.replace(old, new))
        return path

    def same_as_example(self, folder, names):
        for name in names:
            self.assertEqual((self.folder / name).read_bytes(), (EXAMPLES / folder / name).read_bytes(), name)


class FromAmber(ToolTest):
    def test_alanine_dipeptide_is_the_examples(self):
        code, text = self.amber("--implicit", "obc1", "--vacuum")
        self.assertEqual(code, 0, text)
        self.assertIn("22 atoms, implicit solvent obc1, cutoff 18 Angstrom, CG variables phi 5-7-9-15, psi 7-9-15-17", text)
        self.same_as_example("alanine-dipeptide", ("ala2.data", "in.ala2", "in.vacuum", "in.basin", "in.al", "ala2.yaml"))
        self.assertEqual({p.name for p in self.folder.iterdir()},
                         {"ala2.data", "in.ala2", "in.vacuum", "in.basin", "in.al", "in.backmap", "ala2.yaml"})

    def test_numbers_of_the_topology_stand_in_the_data_file(self):
        self.amber()
        data = (self.folder / "ala2.data").read_text()
        # POINTERS: 22 atoms, 12 + 9 bonds, 25 + 11 angles; the topology's phase 3.141594 is not 180 degrees.
        for line in ("22 atoms", "21 bonds", "36 angles", "7 atom types"):
            self.assertIn(f"\n{line}\n", data)
        self.assertIn("1 340.0 1.09   # CT-HC\n", data)
        self.assertRegex(data, r"1 2\.5 2 180\.00007714362235   # CT-C-N-H\n")
        charges = [float(line.split()[3]) for line in data.split("Atoms # full\n\n")[1].split("\n\n")[0].splitlines()]
        self.assertAlmostEqual(charges[4], 10.8823576 / 18.2223, places=12)
        self.assertAlmostEqual(sum(charges), 0.0, places=7)

    def test_vacuum_is_the_default_and_has_the_same_data_file(self):
        self.amber()
        self.same_as_example("alanine-dipeptide", ("ala2.data",))
        script = (self.folder / "in.ala2").read_text()
        self.assertIn("pair_style      lj/cut/coul/cut 18\n", script)
        self.assertNotIn("gb/obc", script)

    def test_scripts_name_each_others_files(self):
        self.amber(name="mine")
        read = {name: (self.folder / name).read_text() for name in ("in.mine", "in.basin", "in.al", "mine.yaml")}
        self.assertIn("read_data       mine.data", read["in.mine"])
        self.assertIn("include         in.mine", read["in.basin"])
        self.assertIn("mine_basin.dump id type x y z", read["in.basin"])
        self.assertIn("index mine.yaml", read["in.al"])
        self.assertIn("atomistic in.mine", read["in.al"])
        # Learning starts from the structure; the frames of in.basin are the alternative.
        self.assertIn("\n# train: {example: {dump: mine_basin.dump}}\n", read["mine.yaml"])
        self.assertIsNone(re.search("^train", read["mine.yaml"], re.M))
        self.assertRegex(read["in.al"], r"(?m)^# Learning starts from the structure of in\.mine; it needs no other data\.$")
        self.assertIn("- {name: phi, dihedral: [5, 7, 9, 15]}   # ACE1-C ALA2-N ALA2-CA ALA2-C\n", read["mine.yaml"])
        self.assertIsNone(re.search(r"^(run|minimize|fix|dump)\b", read["in.mine"], re.M), "the script only defines the system")

    def test_box_follows_the_number_of_dihedrals(self):
        one, three = ["--cg", "psi=7-9-15-17"], ["--cg", "phi=5-7-9-15", "--cg", "psi=7-9-15-17", "--cg", "omega=9-15-17-19"]
        for args, region, dimension in ((one, "-180 180 -0.5 0.5 -0.5 0.5", 2), (three, "-180 180 -180 180 -180 180", 3)):
            self.amber(*args, "--force")
            script = (self.folder / "in.al").read_text()
            self.assertIn(f"dimension       {dimension}\n", script)
            self.assertIn(f"region          cg block {region}\n", script)
            self.assertEqual("processors      * 1 1\n" in script, dimension == 2)

    def test_needs_nothing_but_python(self):
        system = pathlib.Path("/usr/bin/python3")
        code, text = self.amber("--implicit", "obc1", python=str(system) if system.exists() else sys.executable)
        self.assertEqual(code, 0, text)
        self.same_as_example("alanine-dipeptide", ("ala2.data", "in.ala2"))

    def test_files_that_exist_are_kept(self):
        self.amber()
        (self.folder / "ala2.yaml").write_text("mine\n")
        code, text = self.amber()
        self.assertEqual(code, 1)
        self.assertRegex(text, r"ala2\.data exists; nothing was written.*--force")
        self.assertEqual((self.folder / "ala2.yaml").read_text(), "mine\n")
        self.assertEqual(self.amber("--force")[0], 0)
        self.assertNotEqual((self.folder / "ala2.yaml").read_text(), "mine\n")


class RefusedByAmber(ToolTest):
    def test_options(self):
        for args, pattern in ((["--forcefield", "a.xml"], "expected either --prmtop FILE --inpcrd FILE or --pdb"),
                              (["--implicit", "gbn2"], "invalid choice: 'gbn2'.*obc1.*see import-molecule --help"),
                              (["--cutoff", "0"], "--cutoff is 0, expected 0 to 1000 Angstrom"),
                              (["--cg", "phi=5-7-9"], "--cg: got 'phi=5-7-9', expected NAME=I-J-K-L"),
                              (["--cg", "a=5-7-9-23"], "--cg a=5-7-9-23: expected four different atoms from 1 to 22"),
                              (["--cg", "a=5-7-9-17"], r"ALA2-CA \(9\) and NME3-N \(17\) are not bonded"),
                              (["--cg", "a=5-7-9-15", "--cg", "a=7-9-15-17"], "two CG variables have the same name")):
            self.refused(pattern, *args)
        self.refused("NAME is 'al'", name="al")
        self.refused("NAME is 'a/b'", name="a/b")

    def test_files_that_are_none(self):
        self.refused("ala2.prmtop: No such file or directory", prmtop="ala2.prmtop")
        self.refused("no section %FLAG POINTERS; expected an AMBER 7 topology", prmtop=INPCRD)
        self.refused(":2: expected the number of atoms", inpcrd=PRMTOP)
        self.refused(r"got a binary file, expected text \(NetCDF", inpcrd=ORACLE / "ala2_conformers.npz")
        self.refused("has 21 atoms, the topology 22", inpcrd=self.changed("    22\n", "    21\n", INPCRD))
        self.refused(r"changed\.prmtop:54: got '5\.7000x000E\+02 .*', expected numbers in fields of 16",
                     prmtop=self.changed("5.70000000E+02", "5.7000x000E+02"))

    def test_terms_without_a_place_in_the_scripts(self):
        flag = "%FLAG HBOND_ACOEF"
        for lines, pattern in (("%FLAG CMAP_COUNT\n%FORMAT(2I8)\n       1       1\n", r"has CMAP torsion corrections \(%FLAG CMAP_COUNT"),
                               ("%FLAG CHARMM_UREY_BRADLEY_COUNT\n%FORMAT(2I8)\n      12       3\n", "has Urey-Bradley terms"),
                               ("%FLAG LENNARD_JONES_CCOEF\n%FORMAT(5E16.8)\n  1.00000000E+00\n", "has 12-6-4 Lennard-Jones")):
            self.refused(pattern, prmtop=self.changed(flag, lines + flag))

    def test_box_and_virtual_sites(self):
        line = "       0       0       0       0       0       0       0       0      10       0\n       0\n"
        self.refused(r"has extra points \(virtual sites\)", prmtop=self.changed(line, line[:-2] + "1\n"))
        boxed = line.replace(" 0      10", " 1      10")
        self.refused(r"has a periodic box \(IFBOX\) of edges \[\] and angles", prmtop=self.changed(line, boxed))

    def test_the_box_of_a_single_molecule_is_left_out(self):
        line = "       0       0       0       0       0       0       0       0      10       0\n       0\n"
        self.assertEqual(self.amber("-o", "alone")[0], 0)
        text = INPCRD.read_text().splitlines()
        values = [float(row[i:i + 12]) for row in text[2:] for i in range(0, len(row.rstrip()), 12)]
        xyz = [values[i:i + 3] for i in range(0, 66, 3)]
        octahedron = [109.4712190] * 3
        for kind, edges, angles in ((1, [8.0, 9.0, 10.0], [90.0] * 3), (1, [7.0, 9.0, 30.0], [70.0, 80.0, 100.0]),
                                    (2, [14.0] * 3, octahedron)):
            for velocities in (0, 66):
                with self.subTest(edges=edges, velocities=velocities):
                    prmtop = self.changed(line, line.replace(" 0      10", f" {kind}      10"))
                    a, b, c = box.cell_vectors(edges, angles)
                    # Each atom in another image, the first one too.
                    wrapped = [[x + (i % 3 - 1) * u + (i % 2) * v - (i % 5 - 2) * w for x, u, v, w in zip(at, a, b, c)]
                               for i, at in enumerate(xyz)]
                    all_values = [x for at in wrapped for x in at] + [0.1] * velocities + edges + angles
                    (self.folder / "changed.inpcrd").write_text("boxed\n    22\n" + "".join(
                        "".join(f"{x:12.7f}" for x in all_values[i:i + 6]) + "\n" for i in range(0, len(all_values), 6)))
                    code, text = self.amber("-o", "boxed", "--force", prmtop=prmtop, inpcrd=self.folder / "changed.inpcrd")
                    self.assertEqual(code, 0, text)
                    self.assertRegex(text, rf"the periodic box \(IFBOX={kind}\) is left out; the molecule is learned alone; \d+ of its atoms were across")
                    atoms = [[[float(x) for x in row.split()[4:7]] for row in
                              (self.folder / folder / "ala2.data").read_text().split("Atoms # full\n\n")[1].split("\n\n")[0].splitlines()]
                             for folder in ("alone", "boxed")]
                    for one, other in zip(*atoms):
                        for k in range(3):
                            self.assertAlmostEqual(one[k] - atoms[0][0][k], other[k] - atoms[1][0][k], delta=1e-5)

    def test_charmm_topologies_are_named(self):
        name = "%FLAG TITLE                                                                     \n%FORMAT(20a4)"
        self.assertIn(name, PRMTOP.read_text())
        for text in ("%FLAG CTITLE\n%FORMAT(a80)", "%FLAG FORCE_FIELD_TYPE\n%FORMAT(i2,a78)\n 1 CHARMM  31       *>>>CHARMM22\n%FLAG TITLE\n%FORMAT(20a4)"):
            self.refused(r"is a CHARMM \(chamber\) topology, expected one of an AMBER force field", prmtop=self.changed(name, text))
        # Sections that are not used may have any format.
        self.assertEqual(self.amber(prmtop=self.changed(name, "%FLAG REMARK\n%FORMAT(i2,a78)\n 1 none\n" + name))[0], 0)

    def test_pairs_that_do_not_mix(self):
        self.refused(r"an unlike pair has epsilon .* instead of .* of the Lorentz-Berthelot rule \(NBFIX\)",
                     prmtop=self.changed("9.71708117E+04", "9.81708117E+04"))

    def test_pairs_that_special_bonds_cannot_say(self):
        # The torsion N-CA-C-N of atoms 7 9 15 17 no longer counts as a 1-4 pair: it stays excluded.
        self.refused(r"pair ALA2-N \(7\), NME3-N \(17\) is excluded though 3 bonds apart; .* can only have it scaled",
                     prmtop=self.changed("      18      24       42".replace("       42", "      42") + "      48       7",
                                         "      18      24     -42      48       7"))

    def test_molecule_in_two_parts(self):
        # The bond C-N of atoms 15 and 17 becomes one of 15 and 16, which exists already.
        self.refused(r"bonds do not connect NME3-N \(17\) with ACE1-HH31 \(1\); one molecule is allowed",
                     prmtop=self.changed("42      48       2      24      30       6", "42      45       2      24      30       6"))

    def test_solvent_needs_radii(self):
        path = self.changed("%FLAG RADII ", "%FLAG OTHER ")
        self.refused("has no generalized Born radii, which --implicit obc1 needs; allowed is --implicit none", "--implicit", "obc1",
                     prmtop=path)
        self.assertEqual(self.amber(prmtop=path)[0], 0)


    def test_torsions_of_periodicity_0_are_constants(self):
        text = PRMTOP.read_text()
        at = text.index("\n", text.index("%FORMAT", text.index("%FLAG DIHEDRAL_PERIODICITY"))) + 1
        path = self.folder / "changed.prmtop"
        path.write_text(text[:at] + "  0.00000000E+00" + text[at + 16:])
        self.assertEqual(self.amber(prmtop=path)[0], 0)
        self.assertLess(len(amber.read(path, INPCRD).torsions), len(amber.read(PRMTOP, INPCRD).torsions))


class Molecules(unittest.TestCase):
    """The rules for pairs and torsions, on small molecules."""

    def test_unlike_pairs_follow_one_of_two_rules(self):
        types = [(0.07, 3.5), (0.03, 2.5), (0.0, 1.0)]
        for rule in ("arithmetic", "geometric"):
            pairs = [(a, b, mixing.mixed(a, b, rule)) for a in types for b in types]
            self.assertEqual(mixing.find_rule("x", pairs, 1e-6), rule)
            molecule = chain((0, 1), (1, 2), (2, 3))
            molecule.mixing = rule
            self.assertIn(f"pair_modify     mix {rule}", lammps.pair_lines(molecule, "none", 18.0))
        self.assertAlmostEqual(mixing.mixed(*types[:2], "geometric")[1], 2.9580398915)
        with self.assertRaisesRegex(ToolError, "NBFIX"):
            mixing.find_rule("x", [(types[0], types[1], (0.05, 3.0))], 1e-6)

    def test_factors_of_pairs_without_energy_do_not_matter(self):
        four = chain((0, 1), (1, 2), (2, 3), (3, 4))
        four.scaled[1, 4] = (1 / 1.2, 1e-10)
        with self.assertRaisesRegex(ToolError, "1-4 factors differ, .*1e-10.* for X1-A1"):
            check.special_factors(four, "x")
        four.atoms[4] = dataclasses.replace(four.atoms[4], epsilon=0.0)
        self.assertEqual(check.special_factors(four, "x"), (1 / 1.2, 0.5))

    def test_rings_follow_the_shortest_way(self):
        six, five = (chain(*[(i, (i + 1) % n) for i in range(n)]) for n in (6, 5))
        self.assertEqual((sorted(six.scaled), check.special_factors(six, "x")), ([(0, 3), (1, 4), (2, 5)], (1 / 1.2, 0.5)))
        # In a ring of five each pair is 1-2 or 1-3; a 1-4 entry along the longer path contradicts it.
        self.assertEqual((sorted(five.scaled), check.special_factors(five, "x")), ([], (1.0, 1.0)))
        five.excluded.remove((0, 2))
        five.scaled[0, 2] = (1 / 1.2, 0.5)
        with self.assertRaisesRegex(ToolError, r"X1-A0 \(1\), X1-A2 \(3\) is scaled though 2 bonds apart"):
            check.special_factors(five, "x")

    def test_unequal_factors_are_refused(self):
        molecule = chain((0, 1), (1, 2), (2, 3), (3, 4))
        self.assertEqual(check.special_factors(molecule, "x"), (1 / 1.2, 0.5))
        molecule.scaled[1, 4] = (1.0, 1.0)
        with self.assertRaisesRegex(ToolError, "1-4 factors differ"):
            check.special_factors(molecule, "x")

    def test_special_bonds_line(self):
        self.assertEqual(lammps.special_line((1 / 1.2, 0.5)), "special_bonds   amber")
        self.assertEqual(lammps.special_line((0.833333, 0.5)), "special_bonds   lj 0 0 0.5 coul 0 0 0.833333")

    def test_no_pair_lies_beyond_cutoff_and_no_image_within(self):
        long = chain(*[(i, i + 1) for i in range(40)])
        cutoff = lammps.default_cutoff(long)
        self.assertGreaterEqual(cutoff, 40 * 1.6)
        self.assertGreaterEqual(lammps.box_edge(long, cutoff), cutoff + 2 * 64.0)
        self.assertEqual(lammps.default_cutoff(chain((0, 1), (1, 2), (2, 3))), 18.0)

    def test_two_residues_are_numbered_and_proline_keeps_its_ring_out(self):
        # 14-C0(=O1)-N2-CA3-C4(=O5)-N6-CA7-C8(=O9)-N10-11, and the ring N6-12-13-CA7 which makes the second residue a
        # proline.
        c, n, o = 12.01, 14.01, 16.0
        masses = [c, o, n, c, c, o, n, c, c, o, n, c, c, c, c]
        molecule = chain((14, 0), (0, 1), (0, 2), (2, 3), (3, 4), (4, 5), (4, 6), (6, 7), (7, 8), (8, 9), (8, 10), (10, 11), (6, 12),
                         (12, 13), (13, 7), masses=masses)
        # An amide nitrogen has three neighbors: 2 and 10 get a hydrogen each.
        atoms = [Atom(f"H{k}", "X1", "H", 1.008, 0.0, 0.1, 1.0) for k in range(2)]
        molecule.atoms += atoms
        molecule.bonds += [(2, 15, 1.0, 1.0), (10, 16, 1.0, 1.0)]
        self.assertEqual(torsions.backbone(molecule),
                         [("phi1", [0, 2, 3, 4]), ("psi1", [2, 3, 4, 6]), ("phi2", [4, 6, 7, 8]), ("psi2", [6, 7, 8, 10])])
        script = scripts.al_script("pro", "in.pro", torsions.choose(molecule, [], "x"))
        self.assertIn("dimension       3\n", script)
        self.assertIn("fix             more  all property/atom d_cv4 writedata yes\nfix             walk", script)

    def test_many_residues_ask_for_a_choice(self):
        # Four residues N-CA-C(=O) in a row, between an acyl carbon and a last nitrogen.
        bonds, masses, end = [(0, 1), (0, 2)], [12.01, 16.0, 12.01], 0
        for _ in range(5):
            n = len(masses)
            masses += [14.01, 1.008, 12.01, 12.01, 16.0]
            bonds += [(end, n), (n, n + 1), (n, n + 2), (n + 2, n + 3), (n + 3, n + 4)]
            end = n + 3
        masses += [12.01]
        bonds += [(end, len(masses) - 1)]
        molecule = chain(*bonds, masses=masses)
        self.assertEqual([name for name, _ in torsions.backbone(molecule)][-2:], ["phi4", "psi4"])
        with self.assertRaisesRegex(ToolError, r"x: has 8 backbone dihedrals \(phi1 .* psi4\), more than the 6 .*choose with --cg"):
            torsions.choose(molecule, [], "x")

    def test_no_peptide_asks_for_names(self):
        with self.assertRaisesRegex(ToolError, "no residue between two peptide bonds; name the CG variables with --cg"):
            torsions.choose(chain((0, 1), (1, 2), (2, 3)), [], "x")


class WithoutOpenMM(ToolTest):
    @unittest.skipIf(importlib.util.find_spec("openmm"), "this Python has OpenMM")
    def test_says_how_to_install_it(self):
        code, text = self.run_tool("a", "--pdb", "a.pdb", "--forcefield", "amber96.xml",
                                   environment={"CGFLOW_PYTHON_ENV": "/nonexistent"})
        self.assertEqual(code, 1)
        self.assertRegex(text, r"^import-molecule: --pdb needs OpenMM, which is not in .*; install it with .* -m pip install --no-deps "
                               r"-r .*requirements-import\.txt\n$")

    def test_its_version_is_pinned(self):
        pins = [line for line in (SOURCE / "python" / "requirements-import.txt").read_text().splitlines() if not line.startswith("#")]
        self.assertRegex("".join(pins), r"^openmm==[0-9.]+$")


@unittest.skipUnless(importlib.util.find_spec("openmm"), "needs OpenMM: pip install --no-deps -r python/requirements-import.txt")
class FromForceFieldFile(ToolTest):
    def pdb(self, path, *args, forcefield=("amber96.xml", "amber96_obc.xml"), name="a"):
        return self.run_tool(name, "--pdb", path, "--forcefield", *forcefield, *args)

    def test_examples_come_from_their_pdb_files(self):
        chi1 = {"thr2": ("5-7-9-11", "7-9-11-21", "7-9-13-15"), "phe2": ("5-7-9-11", "7-9-11-27", "7-9-13-16")}
        for folder, name in (("glycine-dipeptide", "gly2"), ("valine-dipeptide", "val2"), ("threonine-dipeptide", "thr2"),
                             ("phenylalanine-dipeptide", "phe2")):
            cg = [f"--cg={variable}={atoms}" for variable, atoms in zip(("phi", "psi", "chi1"), chi1.get(name, ()))]
            code, text = self.pdb(EXAMPLES / folder / f"{name}.pdb", "--implicit", "obc1", "--vacuum", "--force", *cg, name=name)
            self.assertEqual(code, 0, text)
            self.same_as_example(folder, (f"{name}.data", f"in.{name}", "in.vacuum", "in.basin", "in.al", f"{name}.yaml"))

    def test_solvent_of_the_force_field_is_the_default(self):
        val2 = EXAMPLES / "valine-dipeptide" / "val2.pdb"
        for forcefield, model in ((("amber96.xml", "amber96_obc.xml"), "obc2"), (("amber96.xml",), "none"),
                                  (("amber14-all.xml", "implicit/obc1.xml"), "obc1"), (("amber14-all.xml", "implicit/obc2.xml"), "obc2")):
            code, text = self.pdb(val2, "--force", forcefield=forcefield)
            self.assertIn(f"implicit solvent {model}", text)
        # mbondi2: 1.3 Angstrom for a hydrogen on nitrogen, and the scale factor 0.85.
        self.assertIn("gb/obc 1.3 0.85", (self.folder / "in.a").read_text())

    def test_refused_force_fields_and_structures(self):
        val2 = EXAMPLES / "valine-dipeptide" / "val2.pdb"
        for forcefield, pattern in ((("amber19-all.xml",), r"val2\.pdb: the force field has a CMAPTorsionForce .*; allowed are harmonic"),
                                    (("amber96.xml", "implicit/gbn2.xml"), "CustomGBForce is neither OBC1 nor OBC2"),
                                    (("nothing.xml",), "--forcefield nothing.xml: OpenMM says: ")):
            code, text = self.pdb(val2, forcefield=forcefield)
            self.assertEqual((code, text.count("\n")), (1, 1), text)
            self.assertRegex(text, pattern)
        bare = self.folder / "bare.pdb"
        bare.write_text("".join(line + "\n" for line in val2.read_text().splitlines() if not line.rstrip().endswith("H")))
        code, text = self.pdb(bare)
        self.assertEqual((code, text.count("\n")), (1, 1), text)
        self.assertRegex(text, r"bare\.pdb: OpenMM says: No template found for residue")
        self.assertRegex(self.pdb(self.folder / "none.pdb")[1], "none.pdb: No such file or directory")


if __name__ == "__main__":
    unittest.main()
