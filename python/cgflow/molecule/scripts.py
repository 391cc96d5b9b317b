# SPDX-License-Identifier: GPL-2.0-only
"""Writers of the files that learn a PMF and use it: in.al (the learning), NAME.yaml (its settings), in.backmap (structures of the
learned PMF), and in.basin (frames to start from instead of the structure)."""


def basin_script(name, system):
    """The text of in.basin; `system` is the script of the all-atom system."""
    return f"""# Langevin dynamics in the basin of the minimized structure. It writes frames from which the flow can be trained by example.
# in.al does not need these frames; {name}.yaml says how to use them.
# lmp -in in.basin [-var seed N]     writes {name}_basin.dump

variable        seed index 4711

include         {system}

minimize        0.0 1e-6 5000 50000
reset_timestep  0

timestep        1.0
velocity        all create 300.0 ${{seed}} mom yes rot yes dist gaussian
fix             move all nve
fix             bath all langevin 300.0 300.0 1000.0 ${{seed}}

thermo          5000
run             5000
dump            frames all custom 10 {name}_basin.dump id type x y z
dump_modify     frames sort id format float %.10g
run             50000
"""


def box_lines(d):
    """Script lines of a box of d dihedrals, in degrees."""
    span = ["-180 180" if k < d else "-0.5 0.5" for k in range(3)]
    lines = [f"dimension       {3 if d >= 3 else 2}", "boundary        p p p"]
    lines += ["processors      * 1 1"] if d == 1 else []
    return lines + [f"region          cg block {' '.join(span)}", "create_box      1 cg"]


def al_script(name, system, cg):
    """The text of in.al for the CG dihedrals [(name, atoms)]."""
    names = ", ".join(variable for variable, _ in cg)
    # x, y and z of a walker are its first three CG variables.
    further = " ".join(f"d_cv{k}" for k in range(4, len(cg) + 1))
    more = f"fix             more  all property/atom {further} writedata yes\n" if further else ""
    return f"""# Learns the free energy F({names}): 200 walkers move in the CG space by Monte Carlo on the PMF learned so far.
# Learning starts from the structure of {system}; it needs no other data.
# lmp -in in.al [-var seed N]     writes {name}.pmf, {name}.cgflow, {name}.state and {name}.iterations

variable        seed index 4711
variable        yaml index {name}.yaml

units           real
""" + "\n".join(box_lines(len(cg))) + f"""
create_atoms    1 random 200 ${{seed}} NULL
mass            1 1.0

pair_style      cgflow/pmf
pair_coeff      * * ${{yaml}}
reset_atoms     id sort yes

{more}fix             walk  all cgflow/mc 300.0 ${{seed}} 6.0
fix             learn all cgflow/al 300.0 ${{seed}} ${{yaml}} atomistic {system} threshold 0.2

thermo_style    custom step atoms f_walk[1] f_learn[1] f_learn[2] f_learn[3] f_learn[4] f_learn[5] f_learn[6]
thermo          1000
run             {1000000 if len(cg) > 2 else 100000}
"""


def backmap_script(name, system):
    """The text of in.backmap."""
    return f"""# Structures of the whole ensemble: points from exp(-F/kT), then one structure for each. Averages with the weights exp(lnW) in the
# last column of {name}.lammpstrj.weights are those of a run at 300 K, whatever the flow and the PMF got wrong.
# lmp -in in.backmap [-var seed N]     reads {name}.cgflow; writes {name}.lammpstrj and {name}.lammpstrj.weights

variable        seed index 4711

units           real
cgflow/backmap  {name}.cgflow 2000 seed ${{seed}} points pmf dump {name}.lammpstrj weights yes atomistic {system}
"""


# Text after the list of CG variables in NAME.yaml, for one or two CG variables and for three or more.
FEW = """# Learning starts from the structure of {name}.data. To start from the frames that in.basin writes instead:
# train: {{example: {{dump: {name}_basin.dump}}}}
"""
THREE = """# Learning starts from the structure of {name}.data. To start from the frames that in.basin writes instead, add
# example: {{dump: {name}_basin.dump}} to train.
# With three variables: more points per iteration than by default, hence fewer fits of the PMF, and a larger budget.
train: {{energy: {{points: 1536}}, labels: {{points: 96}}}}
explore: {{find: 90, keep: 90}}
budget: 1000000
"""


def yaml_file(molecule, name, cg):
    """The text of NAME.yaml for the CG dihedrals [(name, atoms)]."""
    rows = "\n".join(f"  - {{name: {variable}, dihedral: [{', '.join(str(i + 1) for i in atoms)}]}}   # "
                     + " ".join(f"{molecule.atoms[i].residue}-{molecule.atoms[i].name}" for i in atoms) for variable, atoms in cg)
    return f"""# Settings of the learning. The CG variables are dihedrals of these atoms, given by their IDs in {name}.data.
cg:
{rows}
""" + (THREE if len(cg) > 2 else FEW).format(name=name)
