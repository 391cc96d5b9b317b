# SPDX-License-Identifier: GPL-2.0-only
"""fix mueller/brown against the formula, by run, minimize, rRESPA and on several ranks."""
import math
import unittest

from harness import LammpsTest, read_dump

TERMS = [(-200, -1, 0, -10, 1, 0), (-100, -1, 0, -10, 0, 0.5), (-170, -6.5, 11, -6.5, -0.5, 1.5), (15, 0.7, 0.6, 0.7, -1, 1)]
# Minima of the surface as published (e.g. Henkelman and Jonsson, J. Chem. Phys. 111, 7010): x, y, V.
MINIMA = [(-0.558, 1.442, -146.70), (-0.050, 0.467, -80.77), (0.623, 0.028, -108.17)]

# A grid of independent particles, in any units.
GRID = """
units           {units}
atom_style      atomic
boundary        f f p
newton          {newton}
region          box block -2 1.5 -0.5 2.5 -0.5 0.5
create_box      2 box
{atoms}
mass            * 1.0
comm_modify     cutoff 0.5
fix             surface {group} mueller/brown {options}
compute         e all pe/atom
compute         sum all reduce sum c_e
thermo_style    custom step pe f_surface c_sum
thermo_modify   format float %20.12g norm no
"""


def surface(x, y):
    return sum(A * math.exp(a * (x - X) ** 2 + b * (x - X) * (y - Y) + c * (y - Y) ** 2) for A, a, b, c, X, Y in TERMS)


def slopes(x, y, h=1e-5):
    return ((surface(x - h, y) - surface(x + h, y)) / (2 * h), (surface(x, y - h) - surface(x, y + h)) / (2 * h))


def grid_points():
    return [(-1.9 + 0.31 * i, -0.4 + 0.27 * j) for i in range(11) for j in range(10)]


def grid(points, units="lj", newton="on", group="all", options="", types=None):
    atoms = "\n".join(f"create_atoms {1 if types is None else types[k]} single {x} {y} 0 units box"
                      for k, (x, y) in enumerate(points))
    return GRID.format(units=units, newton=newton, atoms=atoms, group=group, options=options)


DUMP = "dump d all custom 1 out.dump id x y z fx fy fz c_e\ndump_modify d sort id format float %20.15g\n"


class MuellerBrown(LammpsTest):
    def test_energies_and_forces_are_those_of_the_formula(self):
        points = grid_points()
        total = sum(surface(*p) for p in points)
        for ranks in (1, 2, 4):
            for newton in ("on", "off"):
                with self.subTest(ranks=ranks, newton=newton):
                    result = self.lammps(grid(points, newton=newton) + DUMP + "run 0\n", ranks=ranks)
                    thermo = result.thermo()
                    for column in ("PotEng", "f_surface", "c_sum"):
                        self.assertAlmostEqual(thermo[column][0] / total, 1.0, places=10)
                    frame = read_dump(self.folder / "out.dump")[0][1]
                    self.assertEqual(len(frame["id"]), len(points))
                    for k, (x, y) in enumerate(points):
                        self.assertAlmostEqual(frame["x"][k], x, places=10)
                        fx, fy = slopes(x, y)
                        tolerance = 1e-6 * (1 + abs(surface(x, y)) + abs(fx) + abs(fy))
                        self.assertAlmostEqual(frame["c_e"][k], surface(x, y), delta=1e-10 * (1 + abs(surface(x, y))))
                        self.assertAlmostEqual(frame["fx"][k], fx, delta=tolerance)
                        self.assertAlmostEqual(frame["fy"][k], fy, delta=tolerance)
                        self.assertEqual(frame["fz"][k], 0.0)

    def test_anchor_and_scale_and_units(self):
        for units in ("lj", "real", "metal"):
            result = self.lammps(grid([(-0.5, 1.4)], units=units, options="scale 2.5") + "run 0\n")
            self.assertAlmostEqual(result.thermo()["PotEng"][0], 2.5 * -136.79055, places=4)

    def test_acts_on_its_group_only(self):
        points = [(-0.5, 1.4), (0.6, 0.0)]
        script = grid(points, group="one", types=[1, 2]).replace("fix ", "group one type 2\nfix ", 1)
        result = self.lammps(script + DUMP + "run 0\n")
        self.assertAlmostEqual(result.thermo()["PotEng"][0], surface(0.6, 0.0), places=8)
        frame = read_dump(self.folder / "out.dump")[0][1]
        self.assertEqual((frame["fx"][0], frame["fy"][0], frame["c_e"][0]), (0.0, 0.0, 0.0))

    def test_fix_modify_energy_no_leaves_the_potential_energy(self):
        result = self.lammps(grid([(-0.5, 1.4)]) + "fix_modify surface energy no\nrun 0\n")
        thermo = result.thermo()
        self.assertEqual((thermo["PotEng"][0], thermo["c_sum"][0]), (0.0, 0.0))
        self.assertAlmostEqual(thermo["f_surface"][0], -136.79055, places=5)

    def test_agrees_with_stock_addforce(self):
        terms, e, fx, fy = "", "0", "0", "0"
        for n, (A, a, b, c, X, Y) in enumerate(TERMS):
            dx, dy = f"(x-({X}))", f"(y-({Y}))"
            terms += f"variable t{n} atom ({A})*exp(({a})*{dx}^2+({b})*{dx}*{dy}+({c})*{dy}^2)\n"
            e += f"+v_t{n}"
            fx += f"-v_t{n}*(2*({a})*{dx}+({b})*{dy})"
            fy += f"-v_t{n}*(({b})*{dx}+2*({c})*{dy})"
        stock = terms + f"variable e atom {e}\nvariable fx atom {fx}\nvariable fy atom {fy}\n"
        stock += "fix stock all addforce v_fx v_fy 0.0 energy v_e\nfix_modify stock energy yes\n"
        points = grid_points()
        # With opposite signs the two surfaces cancel.
        script = grid(points, options="scale -1") + stock + DUMP + "run 0\n"
        thermo = self.lammps(script).thermo()
        size = sum(abs(surface(*p)) for p in points)
        self.assertLess(abs(thermo["PotEng"][0]), 1e-12 * size)
        frame = read_dump(self.folder / "out.dump")[0][1]
        for k, p in enumerate(points):
            for f in ("fx", "fy"):
                self.assertLess(abs(frame[f][k]), 1e-10 * (1 + abs(surface(*p))))

    def test_minimize_finds_the_known_minima(self):
        for style in ("cg", "fire"):
            for x, y, v in MINIMA:
                with self.subTest(style=style, v=v):
                    script = grid([(x + 0.04, y - 0.05)]) + f"min_style {style}\nminimize 0 1e-8 5000 50000\n" + DUMP + "run 0\n"
                    result = self.lammps(script)
                    self.assertAlmostEqual(result.thermo()["PotEng"][0], v, delta=0.005)
                    frame = read_dump(self.folder / "out.dump")[0][1]
                    self.assertAlmostEqual(frame["x"][0], x, delta=0.001)
                    self.assertAlmostEqual(frame["y"][0], y, delta=0.001)

    def test_nve_keeps_the_energy_also_with_respa(self):
        energies = {}
        for name, style in (("verlet", "run_style verlet"), ("respa", "run_style respa 2 2 bond 1 pair 2"),
                            ("outer", "run_style respa 2 2 bond 1 pair 2\nfix_modify surface respa 2")):
            with self.subTest(style=name):
                script = grid([(-0.5, 1.4), (0.6, 0.1)]) + f"""
atom_modify map array
pair_style zero 1.0
pair_coeff * *
velocity all create 8.0 87287 loop geom
velocity all set NULL NULL 0.0
thermo_style custom step pe etotal
thermo 200
timestep 0.0005
fix move all nve
{style}
run 2000
"""
                # An atom map must exist before the box, and pair zero stands for a force field at the outer level.
                script = script.replace("atom_modify map array\n", "")
                thermo = self.lammps(script).thermo()
                total = thermo["TotEng"]
                for value in total:
                    self.assertAlmostEqual(value, total[0], delta=0.02)
                self.assertGreater(max(thermo["PotEng"]) - min(thermo["PotEng"]), 1.0)
                energies[name] = thermo["PotEng"]
        # The outer step is 0.0005 in all runs: at the outer level rRESPA is plain Verlet, step by step.
        for a, b in zip(energies["verlet"], energies["outer"]):
            self.assertAlmostEqual(a, b, delta=1e-6)

    def test_respa_level_that_does_not_exist_is_an_error(self):
        script = grid([(-0.5, 1.4)]) + "pair_style zero 1.0\npair_coeff * *\nfix move all nve\n" \
            "run_style respa 2 2 bond 1 pair 2\nfix_modify surface respa 3\nrun 1\n"
        self.assert_error(script, r"Fix mueller/brown surface: fix_modify respa 3 is beyond the levels of run_style respa")

    def test_langevin_stays_finite_in_its_basin(self):
        script = grid([(-0.558, 1.442)] * 1) + """
fix move all nve
fix bath all langevin 10 10 0.5 4711
thermo 500
timestep 0.002
run 20000
"""
        energies = self.lammps(script).thermo()["PotEng"]
        self.assertTrue(all(-146.8 < e < 0.0 for e in energies), energies)
        mean = sum(energies[5:]) / len(energies[5:])
        # Two harmonic degrees of freedom at kT = 10: about kT above the minimum.
        self.assertAlmostEqual(mean, -146.7 + 10.0, delta=8.0)

    def test_restarts_and_repeated_definitions_leave_no_trace(self):
        script = grid([(-0.5, 1.4)]) + """
run 0
unfix surface
fix surface all mueller/brown
run 0
clear
""" + grid([(-0.5, 1.4)]) + "run 0\n"
        result = self.lammps(script)
        for run in range(3):
            self.assertAlmostEqual(result.thermo(run)["PotEng"][0], -136.79055, places=5)

    def test_bad_arguments_are_errors(self):
        self.assert_error(grid([(0, 0)], options="size 2"), r"Unknown fix mueller/brown keyword: size; allowed: scale")
        self.assert_error(grid([(0, 0)], options="scale"), r"fix mueller/brown scale")
        self.assert_error(grid([(0, 0)], options="scale two"), r"Expected floating point parameter instead of 'two'")


if __name__ == "__main__":
    unittest.main()
