# SPDX-License-Identifier: GPL-2.0-only
"""pair_style cgflow/pmf and compute cgflow/std: values, forces, hybrid styles, warnings."""
import unittest

import numpy as np

import walkers as w
from harness import LammpsTest, read_dump

# An integrator that has nothing to do in `run 0` keeps LAMMPS from warning that there is none.
DUMP = """
fix             still all nve
dump            1 all custom 1 d.walkers id x y fx fy fz c_pe c_std
dump_modify     1 sort id format float %.17g
"""


class PairPmf(LammpsTest):
    def torus_at_rest(self, **values):
        w.write_torus(self.folder / "torus.dat")
        result = self.lammps(w.script(w.TORUS + w.VISIBLE + DUMP + "run 0\n", **values))
        self.assertEqual(result.warnings(), [])
        return result, {k: np.array(v) for k, v in read_dump(self.folder / "d.walkers")[0][1].items()}

    def test_energy_and_std_are_those_of_the_tabulated_function(self):
        result, d = self.torus_at_rest()
        # 121 points resolve harmonics up to the second to better than 1e-4 of their amplitude.
        np.testing.assert_allclose(d["c_pe"], w.torus(d["x"], d["y"]), atol=1e-4)
        np.testing.assert_allclose(d["c_std"], w.torus_std(d["x"], d["y"]), atol=1e-5)
        thermo = result.thermo()
        self.assertAlmostEqual(thermo["PotEng"][0], d["c_pe"].sum(), places=9)
        self.assertAlmostEqual(thermo["c_pmf[1]"][0], d["c_std"].sum(), places=9)
        self.assertAlmostEqual(thermo["c_pmf[2]"][0], (d["c_std"] ** 2).sum(), places=9)
        self.assertEqual(thermo["c_pmf[3]"][0], 0)

    def test_force_is_minus_the_derivative_of_the_energy(self):
        _, d = self.torus_at_rest()
        delta = 1e-3
        shifted = {}
        for axis in "xy":
            for sign in (-1, 1):
                move = f"variable m atom {axis}+{sign * delta}\nset atom * {axis} v_m\n"
                text = w.script(w.TORUS + w.VISIBLE + move + DUMP + "run 0\n")
                self.lammps(text)
                shifted[axis, sign] = np.array(read_dump(self.folder / "d.walkers")[0][1]["c_pe"])
        for axis in "xy":
            slope = (shifted[axis, 1] - shifted[axis, -1]) / (2 * delta)
            np.testing.assert_allclose(d["f" + axis], -slope, atol=1e-8 + 1e-6 * np.abs(slope).max())
        self.assertTrue((d["fz"] == 0).all())

    def test_energy_is_conserved_by_nve_across_periodic_edges(self):
        w.write_torus(self.folder / "torus.dat")
        result = self.lammps(w.script(w.TORUS + """
velocity        all create 3000.0 87287 loop geom
fix             move all nve
fix             flat all enforce2d
timestep        0.5
thermo_style    custom step pe ke etotal
thermo          500
thermo_modify   format float %.15g
run             3000
""", walkers=50))
        self.assertEqual(result.warnings(), [])
        t = result.thermo()
        self.assertGreater(max(t["KinEng"]) - min(t["KinEng"]), 1.0)
        self.assertLess(max(t["TotEng"]) - min(t["TotEng"]), 1e-3 * max(t["KinEng"]))

    def test_newton_off_and_ranks_change_nothing(self):
        _, one = self.torus_at_rest()
        for values in ({"newton": "off"}, {"processors": "1 1 *"}):
            _, other = self.torus_at_rest(**values)
            for column in one:
                np.testing.assert_array_equal(one[column], other[column])

    def test_hybrid_styles_add_and_scale(self):
        _, plain = self.torus_at_rest()
        styles = {
            2.0: "pair_style hybrid/overlay cgflow/pmf cgflow/pmf\n"
                 "pair_coeff * * cgflow/pmf 1 torus.dat\npair_coeff * * cgflow/pmf 2 torus.dat\n",
            0.25: "pair_style hybrid/scaled 0.25 cgflow/pmf 1.0 zero 1.0\n"
                  "pair_coeff * * cgflow/pmf torus.dat\npair_coeff * * zero\n",
            1.0: "pair_style hybrid cgflow/pmf\npair_coeff * * cgflow/pmf torus.dat\n"}
        dump = DUMP.replace(" c_std", "")
        w.write_torus(self.folder / "torus.dat")
        for factor, style in styles.items():
            text = w.TORUS.replace("pair_style      cgflow/pmf\npair_coeff      * * torus.dat\n", style)
            result = self.lammps(w.script(text + "compute pe all pe/atom\n" + dump + "run 0\n"))
            self.assertEqual(result.warnings(), [])
            d = read_dump(self.folder / "d.walkers")[0][1]
            for column in ("c_pe", "fx", "fy"):
                np.testing.assert_allclose(d[column], factor * plain[column], rtol=1e-14, atol=1e-16)

    def test_virial_is_zero(self):
        w.write_torus(self.folder / "torus.dat")
        t = self.lammps(w.script(w.TORUS + "thermo_style custom step press pe\nrun 0\n")).thermo()
        self.assertEqual(t["Press"], [0.0])

    def test_untrained_model_is_flat_with_unknown_std(self):
        self.write("mb.yaml", "cg: [{name: s, linear: {x: 1, y: -1}, range: [-2.6, 1.2]}]\n")
        result = self.lammps(w.script(w.WELL.replace("-1.5 1.3", "-2.6 1.2").replace("well.dat", "mb.yaml")
                                      + w.VISIBLE + DUMP + "run 0\n"))
        self.assertEqual(result.warnings(), [])
        d = read_dump(self.folder / "d.walkers")[0][1]
        self.assertEqual(set(d["c_pe"]) | set(d["fx"]), {0.0})
        self.assertEqual(set(d["c_std"]), {np.inf})
        self.assertEqual(result.thermo()["c_pmf[3]"], [200.0])

    def test_outside_the_range_force_is_that_of_the_edge_and_std_unknown(self):
        w.write_double_well(self.folder / "well.dat")
        text = w.script(w.WELL + w.VISIBLE + "fix move all nve\nvelocity all set 1.0 0.0 0.0\n"
                        "region out block 1.25 1.3 INF INF INF INF\ngroup out region out\n"
                        + "run 0\nset group out x 1.2999\nvelocity out set 0.2 0 0\nneighbor 1.0 bin\n"
                        + DUMP.replace("fix             still all nve", "") + "neigh_modify delay 100\nrun 2\n", walkers=400)
        self.lammps(text)
        d = read_dump(self.folder / "d.walkers")[-1][1]
        outside = [s for x, s in zip(d["x"], d["c_std"]) if x > 1.3]
        self.assertGreater(len(outside), 0)
        self.assertEqual(set(outside), {np.inf})

    def test_std_of_atoms_outside_the_group_is_zero(self):
        w.write_torus(self.folder / "torus.dat")
        self.lammps(w.script(w.TORUS + "group few id 1:10\ncompute std few cgflow/std\n"
                             "dump 1 all custom 1 d.walkers id c_std\nrun 0\n"))
        d = read_dump(self.folder / "d.walkers")[0][1]
        for atom, std in zip(d["id"], d["c_std"]):
            self.assertEqual(std > 0, atom <= 10)

    def test_coeff_again_replaces_the_model(self):
        w.write_torus(self.folder / "torus.dat")
        other = self.folder / "flat.dat"
        other.write_text("".join(f"{x} {y} 1.5\n" for x in range(-180, 181, 60) for y in range(-180, 181, 60)))
        result = self.lammps(w.script(w.TORUS + w.VISIBLE + "run 0\npair_style cgflow/pmf\n"
                                      "pair_coeff * * flat.dat\nrun 0\n"))
        self.assertAlmostEqual(result.thermo()["PotEng"][0], 300.0, places=9)
        self.assertEqual(result.thermo()["c_pmf[1]"], [0.0])


class PairPmfErrors(LammpsTest):
    def setUp(self):
        super().setUp()
        w.write_torus(self.folder / "torus.dat", n=25)

    def fails(self, old, new, pattern, run="run 0\n"):
        self.assertIn(old, w.TORUS)
        self.assert_error(w.script(w.TORUS.replace(old, new) + run), pattern)

    def test_messages_say_where_got_and_allowed(self):
        self.fails("cgflow/pmf\n", "cgflow/pmf 3\n", "cgflow/pmf: got the argument 3, expected none")
        self.fails("* * torus.dat", "1 1 torus.dat", r"Pair_coeff must start with \* \* for pair style cgflow/pmf")
        self.fails("* * torus.dat", "* * torus.dat x", r"cgflow/pmf: expected pair_coeff \* \* FILE")
        self.fails("torus.dat", "nothing.pmf", "got the file 'nothing.pmf', which is neither .*allowed are NAME.yaml")
        self.fails("dimension       2", "dimension       3", "got dimension 3, a CG space of 2 variable.*needs dimension 2")
        self.fails("reset_atoms", "change_box all triclinic\nreset_atoms", "got a triclinic box, .*must be orthogonal")
        self.fails("boundary        p p p", "boundary        s p p", r"got a shrink-wrapped boundary.*p \(periodic\) or f")
        self.fails("reset_atoms", "change_box all x final -170 180\nreset_atoms",
                   "got a box from -170 to 180 in x, but CG variable x ranges from -180 to 180")
        self.fails("reset_atoms", "change_box all boundary f p p\nreset_atoms",
                   "got boundary f in x, but CG variable x is periodic and needs boundary p")

    def test_bad_tables(self):
        self.write("one.dat", "# nothing\n0 0 1\n")
        self.fails("torus.dat", "one.dat", "one.dat': got 1 lines of numbers, expected at least two")
        self.write("words.dat", "x y F\n")
        self.fails("torus.dat", "words.dat", "words.dat', line 1: got 'x' in column 1, expected a number")
        self.write("same.dat", "0 0 1\n0 0 1\n")
        self.fails("torus.dat", "same.dat", "same.dat', line 2: got the numbers of line 1 again")
        self.write("deep.dat", "0 0 0 1\n0 0 1 1\n")
        self.fails("torus.dat", "deep.dat", "got a table of 3 CG variables, the box has dimension 2")
        torus = (self.folder / "torus.dat").read_text()
        self.write("lj.dat", "# kT 1 units lj T 1 domain all\n" + torus)
        self.fails("torus.dat", "lj.dat", "lj.dat: its energies are in units lj, the script has units real")

    def test_std_needs_the_pair_style(self):
        self.fails("reset_atoms", "compute s all cgflow/std x\nreset_atoms", "cgflow/std: got the argument x, expected none")
        self.fails("pair_style      cgflow/pmf\npair_coeff      * * torus.dat",
                   "pair_style zero 1.0\npair_coeff * *\ncompute s all cgflow/std",
                   "cgflow/std: found no pair_style cgflow/pmf")

    def test_further_variables_need_properties(self):
        names = ", ".join(f"{{name: s{k}, linear: {{x{k}: 1}}, range: [-5, 5]}}" for k in range(1, 5))
        self.write("four.yaml", f"cg: [{names}]\n")
        text = """
boundary f f f
region cg block -5 5 -5 5 -5 5
create_box 1 cg
create_atoms 1 random 10 1 NULL
mass 1 1.0
pair_style cgflow/pmf
pair_coeff * * four.yaml
reset_atoms id sort yes
run 0
"""
        self.assert_error(text, "found no per-atom property d_cv4, but 4 CG variables need d_cv4 to d_cv4")


if __name__ == "__main__":
    unittest.main()
