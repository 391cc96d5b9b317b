# Learns the free energy F(phi, psi): 200 walkers move in the CG space by Monte Carlo on the PMF learned so far.
# Learning starts from the structure of in.gly2; it needs no other data.
# lmp -in in.al [-var seed N]     writes gly2.pmf, gly2.cgflow, gly2.state and gly2.iterations

variable        seed index 4711
variable        yaml index gly2.yaml

units           real
dimension       2
boundary        p p p
region          cg block -180 180 -180 180 -0.5 0.5
create_box      1 cg
create_atoms    1 random 200 ${seed} NULL
mass            1 1.0

pair_style      cgflow/pmf
pair_coeff      * * ${yaml}
reset_atoms     id sort yes

fix             walk  all cgflow/mc 300.0 ${seed} 6.0
fix             learn all cgflow/al 300.0 ${seed} ${yaml} atomistic in.gly2 threshold 0.2

thermo_style    custom step atoms f_walk[1] f_learn[1] f_learn[2] f_learn[3] f_learn[4] f_learn[5] f_learn[6]
thermo          1000
run             100000
