# SPDX-License-Identifier: GPL-2.0-only
"""pair_style gb/obc against OpenMM: energies, forces, virials, whole molecules on any number of ranks."""
import unittest

import numpy as np

import gb_molecules as gb
from harness import LammpsTest, read_dump

SCRIPT = """
units {units}
atom_style full
boundary {boundary}
newton {newton}
atom_modify map array
{fix}
read_data data.gb {extra}
pair_style gb/obc {options}
{coefficients}
compute e all pe/atom
compute v all stress/atom NULL pair
compute se all reduce sum c_e
compute sv all reduce sum c_v[1] c_v[2] c_v[3] c_v[4] c_v[5] c_v[6]
compute p all pressure NULL pair
thermo_style custom step pe ecoul evdwl c_se vol c_p[*] c_sv[*]
thermo_modify format float %.17g norm no
thermo 1
dump d all custom 1 out.dump id mol fx fy fz c_e
dump_modify d sort id format float %.17g
"""


class GbTest(LammpsTest):
    """Runs molecules without any other force field."""

    def script(self, molecules, box=60.0, boundary="f f f", newton="on", options="", properties=False, units="real", length=1.0,
               **data):
        lo, hi = ([-box] * 3, [box] * 3) if np.isscalar(box) else box
        text, self.tags = gb.data_file(molecules, lo, hi, properties=properties, length=length, **data)
        self.write("data.gb", text)
        lines, _ = gb.coefficients(molecules)
        if length != 1.0:
            pairs = [line.split() for line in lines.splitlines()]
            lines = "".join(f"pair_coeff {t} {t} {{style}}{float(r.replace('{style}', '')) * length!r} {s}\n" for _, t, _, r, s in pairs)
        fix, extra, coefficients = "", "", lines.format(style="")
        if properties:
            fix, extra, coefficients = "fix gb all property/atom d_gb_radius d_gb_scale", "fix gb NULL GB", "pair_coeff * * property"
        return SCRIPT.format(units=units, boundary=boundary, newton=newton, options=options, fix=fix, extra=extra,
                             coefficients=coefficients)

    def forces(self):
        """[frames, atoms, 3] and per-atom energies [frames, atoms], by atom ID."""
        frames = read_dump(self.folder / "out.dump")
        f = np.array([[frame[k] for k in ("fx", "fy", "fz")] for _, frame in frames]).transpose(0, 2, 1)
        return f, np.array([frame["c_e"] for _, frame in frames])

    def rerun(self, molecule, frames, **settings):
        self.write("frames", gb.dump_file(frames))
        result = self.lammps(self.script([molecule], **settings) + "rerun frames dump x y z\n")
        f, _ = self.forces()
        return {k: np.array(v) for k, v in result.thermo().items()}, f


class AlanineDipeptide(GbTest):
    def test_all_conformers_have_the_energies_and_forces_of_openmm(self):
        o, x = gb.oracle(), gb.conformers()["positions"]
        for variant in (1, 2):
            with self.subTest(variant=variant):
                thermo, f = self.rerun(gb.ala2(0), x, options=f"obc{variant}")
                polar = o[f"polar_{variant}"] * gb.LAMMPS / gb.CUSTOM_GB
                self.assertLess(np.abs(thermo["E_coul"] - polar).max(), 1e-10)
                self.assertLess(np.abs(thermo["E_vdwl"] - o[f"surface_{variant}"]).max(), 1e-10)
                self.assertLess(np.abs(thermo["PotEng"] - polar - o[f"surface_{variant}"]).max(), 1e-10)
                self.assertLess(np.abs(thermo["c_se"] - thermo["PotEng"]).max(), 1e-11)
                force = o[f"force_polar_{variant}"] * gb.LAMMPS / gb.CUSTOM_GB + o[f"force_surface_{variant}"]
                self.assertLess(np.abs(f - force).max(), 1e-10)
        # This reference has the first variant as the difference of two complete force fields.
        c = gb.conformers()
        gb_term = list(c["obc1_terms"]).index("CustomGBForce")
        self.assertLess(np.abs(o["polar_1"] + o["surface_1"] - c["obc1_energies"][:, gb_term]).max(), 1e-10)
        self.assertLess(np.abs(o["force_polar_1"] + o["force_surface_1"] - c["obc1_forces"] + c["vacuum_forces"]).max(), 1e-9)

    def test_the_default_is_obc1_and_surface_zero_leaves_the_polar_part(self):
        o, x = gb.oracle(), gb.conformers()["positions"][:3]
        default, _ = self.rerun(gb.ala2(0), x)
        named, _ = self.rerun(gb.ala2(0), x, options="obc1 solvent 78.5 solute 1.0 offset 0.09 probe 1.4 surface 0.0678584")
        bare, f = self.rerun(gb.ala2(0), x, options="surface 0")
        self.assertLess(np.abs(default["PotEng"] - named["PotEng"]).max(), 1e-4)
        np.testing.assert_array_equal(default["E_coul"], named["E_coul"])
        np.testing.assert_array_equal(bare["PotEng"], default["E_coul"])
        self.assertLess(np.abs(f - o["force_polar_1"][:3] * gb.LAMMPS / gb.CUSTOM_GB).max(), 1e-10)

    def test_forces_are_the_slopes_of_the_energy(self):
        h, base = 1e-4, gb.conformers()["positions"][150]
        for variant in (1, 2):
            steps = [base + sign * h * np.eye(66)[k].reshape(22, 3) for k in range(66) for sign in (1, -1)]
            thermo, f = self.rerun(gb.ala2(0), [base] + steps, options=f"obc{variant}")
            e = thermo["PotEng"][1:].reshape(66, 2)
            slopes = (e[:, 1] - e[:, 0]).reshape(22, 3) / (2 * h)
            self.assertLess(np.abs(f[0] - slopes).max(), 2e-7 * np.abs(f[0]).max())

    def test_virials_are_the_response_to_strain(self):
        # -dE/d strain in units of pressure times volume, by nktv2p of units real.
        nktv2p, h, base = 68568.415, 1e-5, gb.conformers()["positions"][20]
        axes = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]
        frames = [base]
        for a, b in axes:
            for sign in (1, -1):
                strain = np.eye(3)
                strain[b, a] += sign * h
                frames.append(base @ strain)
        thermo, f = self.rerun(gb.ala2(0), frames)
        volume = thermo["Volume"][0]
        for k, (a, b) in enumerate(axes):
            slope = (thermo["PotEng"][2 + 2 * k] - thermo["PotEng"][1 + 2 * k]) / (2 * h)
            virial = thermo[f"c_p[{k + 1}]"][0] * volume / nktv2p
            self.assertAlmostEqual(virial, slope, delta=1e-6 * np.abs(f[0]).max() * 10)
            self.assertAlmostEqual(virial, (base[:, a] * f[0][:, b]).sum(), delta=1e-9)
            self.assertAlmostEqual(thermo[f"c_sv[{k + 1}]"][0], -virial * nktv2p, delta=1e-6)

    def test_other_units_give_the_same_energies(self):
        x = gb.conformers()["positions"][:2]
        polar = gb.oracle()["polar_1"][0] * gb.LAMMPS / gb.CUSTOM_GB
        surface = gb.oracle()["surface_1"][0]
        ev = 0.0433641042    # kcal/mol
        for units, length, energy in (("metal", 1.0, ev), ("electron", 1.0 / 0.529177210903, ev / 27.211386246)):
            with self.subTest(units=units):
                result = self.lammps(self.script([gb.ala2(0)], units=units, length=length) + "run 0\n").thermo()
                self.assertAlmostEqual(result["E_vdwl"][0] / (surface * energy), 1.0, delta=2e-8)
                # The Coulomb constants of LAMMPS in different units agree to a few 1e-6.
                self.assertAlmostEqual(result["E_coul"][0] / (polar * energy), 1.0, delta=1e-5)


class Clouds(GbTest):
    """Spheres of all sizes, many inside each other, with a dielectric constant of the solute above 1."""
    OPTIONS = "obc2 solvent 60 solute 2"

    def clouds(self):
        return [gb.cloud(k, (25.0 * (k % 5 - 2), 25.0 * (k // 5 - 2), 0.0)) for k in range(20)]

    def check(self, thermo, f, energy):
        o = gb.oracle()
        ratio = gb.LAMMPS / gb.NATIVE_GB
        inside = o["cloud_radius"][:, :, None] - 0.09 < o["cloud_scale"][:, None, :] * (o["cloud_radius"][:, None, :] - 0.09) \
            - np.linalg.norm(o["cloud_x"][:, :, None] - o["cloud_x"][:, None], axis=-1)
        self.assertGreater(inside.sum(), 20)
        expected = o["cloud_polar"] * ratio + o["cloud_surface"]
        np.testing.assert_allclose(energy, expected, rtol=1e-8)
        self.assertAlmostEqual(thermo["E_coul"][0] / (o["cloud_polar"].sum() * ratio), 1.0, delta=1e-8)
        force = o["cloud_force_polar"] * ratio + o["cloud_force_surface"]
        np.testing.assert_allclose(f, force, rtol=0, atol=1e-8 * np.abs(force).max())

    def test_energies_and_forces_are_those_of_openmm(self):
        for properties in (False, True):
            with self.subTest(properties=properties):
                result = self.lammps(self.script(self.clouds(), box=80.0, options=self.OPTIONS, properties=properties) + "run 0\n")
                f, e = self.forces()
                self.check(result.thermo(), f[0].reshape(20, 12, 3), e[0].reshape(20, 12).sum(axis=1))

    def test_atoms_on_top_of_each_other_have_finite_forces(self):
        m = gb.ala2(0)
        m.x[1] = m.x[0]
        m.x[5] = m.x[4] + 1e-9
        self.lammps(self.script([m]) + "run 0\n")
        f, e = self.forces()
        self.assertTrue(np.isfinite(f).all() and np.isfinite(e).all())
        self.assertLess(np.abs(f).max(), 1e3)


class ManyMolecules(GbTest):
    """Different molecules in a box, without image flags and with IDs in any order, cut by the faces of the box and by ranks."""

    def molecules(self):
        draw = np.random.default_rng(3)
        return [gb.ala2(k, draw.uniform(-100, 100, 3)) for k in (0, 30, 90, 150, 200)] + \
            [gb.Molecule(draw.uniform(-20, 20, (1, 3)), [0.7], [1.5], [0.8])]

    def expected(self, molecules, options=""):
        """Energies and forces of each molecule, alone in a large box."""
        found = []
        for m in molecules:
            m = gb.Molecule(m.x - m.x.mean(axis=0), m.q, m.radius, m.scale)
            self.lammps(self.script([m], options=options) + "run 0\n")
            f, e = self.forces()
            found.append((e[0], f[0]))
        return found

    def check(self, expected, tolerance=1e-9):
        f, e = self.forces()
        for tags, (energy, force) in zip(self.tags, expected):
            self.assertLess(np.abs(e[0][tags - 1] - energy).max(), tolerance)
            self.assertLess(np.abs(f[0][tags - 1] - force).max(), tolerance)

    def test_ranks_newton_and_wrapping_do_not_matter(self):
        molecules = self.molecules()
        expected = self.expected(molecules)
        small = ([-7.0, -9.0, -8.0], [7.0, 8.0, 8.5])
        texts, virials = set(), []
        for ranks in (1, 2, 4):
            for newton in ("on", "off"):
                with self.subTest(ranks=ranks, newton=newton):
                    script = self.script(molecules, box=small, boundary="p p p", newton=newton, periodic=True,
                                         shuffle=np.random.default_rng(5))
                    thermo = self.lammps(script + "run 0\n", ranks=ranks).thermo()
                    self.check(expected)
                    self.assertAlmostEqual(thermo["c_se"][0], thermo["PotEng"][0], delta=1e-10)
                    virials.append([thermo[f"c_p[{k}]"][0] * thermo["Volume"][0] for k in range(1, 7)])
                    np.testing.assert_allclose(virials[-1], [-thermo[f"c_sv[{k}]"][0] for k in range(1, 7)], atol=1e-4)
                    np.testing.assert_allclose(virials[-1], virials[0], atol=1e-4)
                    texts.add((self.folder / "out.dump").read_text())
        # Bit for bit: each rank computes a molecule in the order of its atom IDs, with images closest to the same atom.
        self.assertEqual(len(texts), 1)

    def test_triclinic_boxes(self):
        molecules = self.molecules()
        expected = self.expected(molecules)
        for ranks in (1, 4):
            script = self.script(molecules, box=([-8.0] * 3, [8.0, 9.0, 10.0]), boundary="p p p", periodic=True,
                                 tilt=(3.0, -2.0, 4.0), shuffle=np.random.default_rng(6))
            self.lammps(script + "run 0\n", ranks=ranks)
            self.check(expected)

    def test_partly_periodic_boxes(self):
        m = gb.ala2(90)
        expected = self.expected([m])
        m.x += np.array([9.0, 0.0, 0.0]) - m.x.mean(axis=0)
        self.lammps(self.script([m], box=10.0, boundary="p f f", periodic=True) + "run 0\n")
        self.check(expected)

    def test_dynamics_follow_exchange_sorting_and_wrapping(self):
        # Without a force field molecules would fall apart, so the atoms of each move together. Box faces, ranks and the
        # order of atoms change, and the energy must stay the same.
        molecules = self.molecules()
        total = sum(e.sum() for e, _ in self.expected(molecules))
        for ranks in (1, 2, 4):
            with self.subTest(ranks=ranks):
                script = self.script(molecules, box=([-8.0] * 3, [9.0] * 3), boundary="p p p", periodic=True,
                                     shuffle=np.random.default_rng(8)).replace("dump ", "#dump ").replace("dump_", "#dump_")
                script += "atom_modify sort 3 4.0\nneigh_modify every 1 delay 0 check no\nthermo 25\n" \
                    "velocity all set 0.11 -0.07 0.05\nfix still all setforce 0 0 0\nfix move all nve\ntimestep 2.0\nrun 400\n"
                energies = self.lammps(script, ranks=ranks).thermo()["PotEng"]
                self.assertEqual(len(energies), 17)
                for e in energies:
                    self.assertAlmostEqual(e, total, delta=1e-9)

    def test_a_molecule_longer_than_the_box_is_whole_and_warned_of(self):
        # A straight chain of 30 Angstrom in a box of 12 Angstrom.
        chain = gb.Molecule([[1.5 * k, 0.4 * k, 0.0] for k in range(21)], [0.5 * (-1) ** k for k in range(21)], [1.7] * 21, [0.72] * 21)
        expected = self.expected([chain])
        for ranks in (1, 2):
            result = self.lammps(self.script([chain], box=6.0, boundary="p p p", periodic=True) + "run 0\nrun 0\n", ranks=ranks)
            self.check(expected)
            self.assertEqual(len([w for w in result.warnings() if "gb/obc: molecule 1 is longer than the box, but" in w]), 1)


if __name__ == "__main__":
    unittest.main()
