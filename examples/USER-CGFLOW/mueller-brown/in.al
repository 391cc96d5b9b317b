# Learns the free energy F(s), s = x - y, of the Mueller-Brown particle: 200 walkers move along s by Monte Carlo on the
# PMF learned so far.
# lmp -in in.al [-var seed N]     reads mb_basin.dump; writes mb.pmf, mb.cgflow, mb.state and mb.iterations

variable        seed index 4711
variable        yaml index mb.yaml

units           lj
dimension       2
boundary        f p p
processors      * 1 1
region          cg block -2.6 1.2 -0.5 0.5 -0.5 0.5
create_box      1 cg
create_atoms    1 random 200 ${seed} NULL
mass            1 1.0

pair_style      cgflow/pmf
pair_coeff      * * ${yaml}
reset_atoms     id sort yes

# The PMF is wanted up to 12 kT: walkers at twice its temperature get there.
fix             walk all cgflow/mc 20.0 ${seed} 0.1
fix             learn all cgflow/al 10.0 ${seed} ${yaml} atomistic in.mb threshold 0.2

thermo_style    custom step atoms f_walk[1] f_learn[1] f_learn[2] f_learn[3] f_learn[4] f_learn[5] f_learn[6]
thermo          1000
run             200000
