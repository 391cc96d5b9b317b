# SPDX-License-Identifier: GPL-2.0-only
"""pair_style gb/obc as users run it: a complete force field, dynamics, minimization, restarts, and wrong input."""
import unittest

import numpy as np

import gb_molecules as gb
from harness import LammpsTest, read_dump

THERMO = "thermo_style custom step pe etotal ecoul evdwl\nthermo_modify format float %.16g norm no\nthermo 1\n"


class ForceField(LammpsTest):
    def test_with_lennard_jones_and_coulomb_it_is_the_force_field_of_openmm(self):
        # Only the Coulomb terms depend on the Coulomb constant, which is another in LAMMPS. The reference does not list that
        # of the vacuum apart, so the energies of the same run without gb/obc are subtracted.
        c, o = gb.conformers(), gb.oracle()
        self.write("frames", gb.dump_file(c["positions"]))
        found = {}
        for options in (None, ""):
            script = gb.force_field(self, options=options) + "neighbor 60.0 bin\n" + THERMO
            script += "dump d all custom 1 out.dump id fx fy fz\ndump_modify d sort id format float %.16g\nrerun frames dump x y z\n"
            e = np.array(self.lammps(script).thermo()["PotEng"])
            f = np.array([[frame[k] for k in ("fx", "fy", "fz")] for _, frame in read_dump(self.folder / "out.dump")]).transpose(0, 2, 1)
            found[options] = e, f
        vacuum, _ = found[None]
        size = np.maximum(1.0, np.abs(c["vacuum_energies"]).sum(axis=1))
        self.assertLess((np.abs(vacuum - c["vacuum_energies"].sum(axis=1)) / size).max(), 1e-6)
        ratio = gb.LAMMPS / gb.CUSTOM_GB
        size = np.maximum(1.0, np.abs(vacuum))
        self.assertLess((np.abs(found[""][0] - vacuum - o["polar_1"] * ratio - o["surface_1"]) / size).max(), 1e-12)
        largest = np.abs(found[None][1]).max(axis=(1, 2), keepdims=True)
        difference = found[""][1] - found[None][1] - o["force_polar_1"] * ratio - o["force_surface_1"]
        self.assertLess((np.abs(difference) / largest).max(), 1e-11)

    def test_the_energy_drift_of_dynamics_is_that_of_the_vacuum(self):
        drift, noise = {}, {}
        for options in (None, "", "obc2"):
            script = gb.force_field(self, options=options) + THERMO + "thermo 20\nminimize 0 1e-4 2000 20000\nreset_timestep 0\n" \
                "velocity all create 600 4711 mom yes rot yes\nfix move all nve\ntimestep 0.5\nrun 20000\n"
            thermo = self.lammps(script).thermo()
            t, e = 0.5e-3 * np.array(thermo["Step"]), np.array(thermo["TotEng"])
            self.assertGreater(np.std(thermo["PotEng"]), 1.0)
            drift[options], start = np.polyfit(t, e, 1)
            noise[options] = np.std(e - start - drift[options] * t)
        for options in ("", "obc2"):
            # In kcal/mol/ps. The drift in vacuum is about the noise divided by the length of the run, 10 ps.
            self.assertLess(abs(drift[options]), 2 * abs(drift[None]) + 2 * noise[None] / 10, (drift, noise))
            self.assertLess(noise[options], 1.5 * noise[None])

    def test_dynamics_are_the_same_on_any_number_of_ranks(self):
        energies = {}
        for ranks, newton in ((1, "on"), (2, "on"), (4, "on"), (4, "off")):
            # A corner of the box lies within the molecule, so every rank has a part of it.
            script = gb.force_field(self, boundary="p p p", newton=newton, options="") + THERMO + \
                "displace_atoms all move 37.5 38 39 units box\nprocessors * * *\nthermo 50\n" \
                "velocity all set 0.02 0.015 0.01\nfix move all nve\ntimestep 0.5\nrun 200\n"
            script = script.replace("processors * * *\n", "")
            energies[ranks, newton] = self.lammps(script, ranks=ranks).thermo()["PotEng"]
        for run in energies.values():
            np.testing.assert_allclose(run, energies[1, "on"], atol=1e-8)

    def test_minimize_ends_where_forces_vanish(self):
        script = gb.force_field(self, options="") + THERMO + "thermo 1000\nminimize 0 1e-7 5000 50000\n" \
            "variable f equal fnorm\nprint \"norm of the force $(v_f:%.3e)\"\n"
        script = script.replace("thermo_style custom step pe", "thermo_style custom step fnorm pe")
        thermo = self.lammps(script).thermo()
        self.assertLess(thermo["PotEng"][-1], thermo["PotEng"][0])
        self.assertLess(thermo["Fnorm"][-1], 1e-5)

    def test_respa_takes_it_at_the_level_of_pair(self):
        found = []
        for style in ("verlet", "respa 2 1 bond 1 dihedral 2 pair 2"):
            script = gb.force_field(self, options="") + THERMO + f"thermo 100\nrun_style {style}\n" \
                "velocity all create 300 4711\nfix move all nve\ntimestep 0.25\nrun 100\n"
            found.append(self.lammps(script).thermo()["PotEng"])
        np.testing.assert_allclose(found[0], found[1], rtol=1e-9)
        self.assert_error(gb.force_field(self, options="") + "run_style respa 2 2 bond 1 inner 1 4.0 5.0 outer 2\nfix m all nve\nrun 0\n",
                          "Pair style does not support rRESPA inner/middle/outer")

    def test_copies_have_the_energies_of_single_molecules(self):
        e = {}
        for copies in (1, 64):
            script = gb.force_field(self, options="") + f"replicate {copies} 1 1\nneigh_modify exclude molecule/inter all\n" + THERMO
            # The second run has the atoms in the same order as the first, the third in another.
            e[copies] = [self.lammps(script + "run 0\nrun 0 post no\natom_modify sort 1 5.0\nrun 0\n").thermo(k)["PotEng"][0]
                         for k in range(3)]
        for k in range(3):
            self.assertAlmostEqual(e[64][k] / (64 * e[1][0]), 1.0, delta=1e-13)


class Restart(LammpsTest):
    def system(self, properties=False):
        text, _ = gb.data_file([gb.ala2(0), gb.cloud(0, (20, 0, 0))], [-40] * 3, [40] * 3, properties=properties)
        self.write("data.gb", text)
        lines, _ = gb.coefficients([gb.ala2(0), gb.cloud(0)])
        return lines.format(style="")

    def energy(self, script, ranks=1):
        thermo = self.lammps(script + THERMO + "run 0\n", ranks=ranks).thermo()
        return thermo["PotEng"][0], thermo["E_coul"][0]

    def assert_restarted(self, energies, expected):
        # A restart keeps positions and coefficients bit for bit, but not the order of atoms, in which about 40 energies are
        # summed.
        np.testing.assert_allclose(energies, expected, rtol=1e-13)

    START = "units real\natom_style full\nboundary f f f\n"
    STYLE = "pair_style gb/obc obc2 solvent 40 solute 1.5 surface 0.02 offset 0.05 probe 1.2\n"

    def test_settings_and_coefficients_come_back(self):
        lines = self.system()
        expected = self.energy(self.START + "read_data data.gb\n" + self.STYLE + lines + "write_restart restart.gb\n")
        for ranks in (1, 2):
            self.assert_restarted(self.energy("read_restart restart.gb\n", ranks), expected)
        # Every setting changes the energy, so each was restored.
        for word in ("obc2", "solvent 40", "solute 1.5", "surface 0.02", "offset 0.05", "probe 1.2"):
            other = self.energy(self.START + "read_data data.gb\n" + self.STYLE.replace(word, "") + lines)
            self.assertGreater(abs(other[0] - expected[0]), 1e-3, word)

    def test_write_data_keeps_radii_and_scale_factors(self):
        lines = self.system()
        expected = self.energy(self.START + "read_data data.gb\n" + self.STYLE + lines + "write_data data.out\n")
        again = self.energy(self.START + self.STYLE + "read_data data.out\n")
        np.testing.assert_allclose(again, expected, rtol=1e-12)

    def test_per_atom_radii_come_back_with_their_fix(self):
        self.system(properties=True)
        fix = "fix gb all property/atom d_gb_radius d_gb_scale\n"
        expected = self.energy(self.START + fix + "read_data data.gb fix gb NULL GB\n" + self.STYLE +
                               "pair_coeff * * property\nwrite_restart restart.gb\nwrite_data data.out nocoeff\n")
        for ranks in (1, 2):
            self.assert_restarted(self.energy("read_restart restart.gb\n" + fix, ranks), expected)
        self.assert_error("read_restart restart.gb\nrun 0\n", "needs fix property/atom d_gb_radius d_gb_scale, there is no d_gb_radius")

    def test_a_second_pair_style_command_keeps_the_coefficients(self):
        lines = self.system()
        data = self.START + "read_data data.gb\n"
        expected = self.energy(data + "pair_style gb/obc obc2\n" + lines)
        self.assertEqual(self.energy(data + "pair_style gb/obc solvent 10\n" + lines + "run 0\npair_style gb/obc obc2\n"), expected)

    def test_ranges_of_types_and_later_lines_win(self):
        text, _ = gb.data_file([gb.ala2(0)], [-40] * 3, [40] * 3)
        self.write("data.gb", text)
        lines, types = gb.coefficients([gb.ala2(0)])
        n, data = max(types[0]), self.START + "read_data data.gb\npair_style gb/obc\n"
        self.assertEqual(n, 5)
        expected = self.energy(data + "".join(f"pair_coeff {k} {k} {1.5 if k < 3 else 1.7} 0.8\n" for k in range(1, n + 1)))
        self.assertEqual(self.energy(data + "pair_coeff * * 1.7 0.8\npair_coeff *2 1*2 1.5 0.8\n"), expected)
        self.assertNotEqual(self.energy(data + lines.format(style="")), expected)


class WrongInput(LammpsTest):
    """Each error tells the place, the input and what is allowed."""

    def base(self, units="real", box=20.0, periodic=False, style="full"):
        text, _ = gb.data_file([gb.ala2(0)], [-box] * 3, [box] * 3, periodic=periodic)
        if style != "full":
            atoms = text.split("Atoms # full")[1]
            text = text.replace("Atoms # full" + atoms, f"Atoms # {style}" + "\n".join(
                " ".join(w[k] for k in {"charge": (0, 2, 3, 4, 5, 6), "molecular": (0, 1, 2, 4, 5, 6)}[style]) if (w := line.split()) else ""
                for line in atoms.splitlines()) + "\n")
        self.write("data.gb", text)
        return f"units {units}\natom_style {style}\nboundary {'p p p' if periodic else 'f f f'}\nread_data data.gb\n"

    def test_arguments_of_pair_style(self):
        base = self.base()
        for words, text in [
                ("obc3", "pair_style gb/obc: got obc3, expected obc1, obc2 or one of the keywords solvent, solute, surface, offset, probe"),
                ("obc1 salt 0.1", "pair_style gb/obc: got salt, expected one of the keywords solvent, solute"),
                ("obc1 obc2", "pair_style gb/obc: got obc2, expected one of the keywords"),
                ("solvent", "pair_style gb/obc solvent.*missing argument"),
                ("solvent 0", "pair_style gb/obc: got solvent 0, expected a number above 0"),
                ("solute -1", "pair_style gb/obc: got solute -1, expected a number above 0"),
                ("surface -0.1", "pair_style gb/obc: got surface -0.1, expected a number of at least 0"),
                ("offset nan", "offset nan|nan"), ("probe x", "floating point.*x")]:
            with self.subTest(words=words):
                self.assert_error(base + f"pair_style gb/obc {words}\n", text)

    def test_arguments_of_pair_coeff(self):
        base = self.base() + "pair_style gb/obc\n"
        for words, text in [
                ("* *", "gb/obc: expected pair_coeff I I radius scale, or pair_coeff \\* \\* property"),
                ("1 1 1.5", "gb/obc: expected pair_coeff I I radius scale"),
                ("1 2 1.5 0.8", "gb/obc: got pair_coeff 1 2, expected the same types twice"),
                ("1*2 2*3 1.5 0.8", "gb/obc: got pair_coeff 1\\*2 2\\*3, expected the same types twice"),
                ("1 1 property", "gb/obc: got pair_coeff 1 1 property, expected pair_coeff \\* \\* property"),
                ("1 1 0.09 0.8", "gb/obc: got radius 0.09 for type 1, expected one above the offset of 0.09"),
                ("1 1 inf 0.8", "gb/obc: got radius inf for type 1|inf"), ("1 1 1.5 -0.8", "gb/obc: got scale -0.8 for type 1, expected at least 0"),
                ("1 9 1.5 0.8", "Numeric index 9 is out of bounds")]:
            with self.subTest(words=words):
                self.assert_error(base + f"pair_coeff {words}\n", text)
        self.assert_error(base + "pair_coeff 1*3 1*3 1.5 0.8\nrun 0\n", "All pair coeffs are not set")
        # In a hybrid style a type may lack coefficients of one style.
        self.assert_error(base + "pair_style hybrid/overlay zero 5.0 gb/obc\npair_coeff * * zero\npair_coeff 1*3 1*3 gb/obc 1.5 0.8\n"
                          "run 0\n", "gb/obc: no pair_coeff 4 4 was given, expected one for each atom type")
        self.assert_error(base + "pair_coeff * * 1.5 0.8\npair_style gb/obc offset 1.6\nrun 0\n",
                          "gb/obc: the radius 1.5 of type 1 is not above the offset of 1.6")
        self.assert_error(base + "pair_coeff * * property\nrun 0\n", "needs fix property/atom d_gb_radius d_gb_scale, there is no d_gb_radius")

    def test_atoms_it_cannot_use(self):
        end = "pair_style gb/obc\npair_coeff * * 1.5 0.8\nrun 0\n"
        for style in ("charge", "molecular"):
            self.assert_error(self.base(style=style) + end, f"gb/obc: atom_style {style} was given, expected one with charges and molecule IDs")
        for ranks in (1, 2):
            self.assert_error(self.base() + "set atom 7 mol 0\n" + end,
                              "gb/obc: atom 7 has molecule ID 0, expected a positive one", ranks=ranks)
        fix = "fix gb all property/atom d_gb_radius d_gb_scale\n"
        end = "pair_style gb/obc\npair_coeff * * property\n"
        self.assert_error(self.base() + fix + end + "set atom * d_gb_radius 1.5\nset atom 7 d_gb_radius 0.01\nrun 0\n",
                          "gb/obc: atom 7 has d_gb_radius 0.01 and d_gb_scale 0, expected a radius above the offset of 0.09", ranks=2)

    def test_units_without_known_lengths(self):
        base, end = self.base(units="lj"), "pair_coeff * * 1.5 0.8\nrun 0\n"
        for words in ("", "surface 0", "offset 0.1", "surface 0.1 offset 0.1"):
            self.assert_error(base + f"pair_style gb/obc {words}\n", "gb/obc: the default of (surface|offset|probe) is not known in units lj")
        self.lammps(base + "pair_style gb/obc surface 0 offset 0.1\n" + end)
        self.lammps(base + "pair_style gb/obc surface 0.1 offset 0.1 probe 1.4\n" + end)

    def test_a_box_too_small_for_the_molecule(self):
        end = "pair_style gb/obc\npair_coeff * * 1.5 0.8\nrun 0\n"
        self.assert_error(self.base(box=2.5, periodic=True) + end, "gb/obc: molecule 1 has a gap of 1.* between its atoms, allowed is "
                          "a quarter of the shortest periodic box edge, 1.25: the box is too small")
        # Two parts of one molecule, so far apart that their closest images are ambiguous.
        for ranks in (1, 4):
            self.assert_error(self.base(periodic=True) + "group part id 1:6\ndisplace_atoms part move 0 0 17\n" + end,
                              "gb/obc: molecule 1 has a gap of", ranks=ranks)


if __name__ == "__main__":
    unittest.main()
