// SPDX-License-Identifier: GPL-2.0-only
// Makes a model from a YAML file, writes it and reads it again: configuration, LibTorch and files of the installed library.
#include <cgflow/config.h>
#include <cgflow/error.h>
#include <cgflow/model.h>

#include <iostream>

int main(int, char **argv)
{
  try {
    cgflow::ModelInfo info;
    info.kT = 10.0;
    info.T = 10.0;
    info.units = "lj";
    info.molecule.mass = {1.0};
    info.dimension = 2;
    cgflow::Model(cgflow::Config::read(argv[1]), info).write("consumer.cgflow");
    const cgflow::Model model = cgflow::Model::read("consumer.cgflow");
    std::cout << "a model of " << model.space().n_cv() << " CG variable, " << model.space()[0].name << "\n";
  } catch (const cgflow::Error &error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
