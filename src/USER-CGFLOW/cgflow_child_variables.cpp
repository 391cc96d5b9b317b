// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_child_variables.h"

#include "cgflow/error.h"
#include "cgflow_child_instance.h"
#include "cgflow_lammps_versions.h"
#include "cgflow_script.h"

#include "comm.h"
#include "exceptions.h"
#include "input.h"
#include "update.h"
#include "variable.h"

#include <mpi.h>

using namespace LAMMPS_NS;

namespace {

enum Need : char { kLeftOut, kPassed, kNamed };    // named by the script: must have a value

Need need_of(const CGFlowScript &text, Variable &variables, int i)
{
  const std::string name = variables.names[i];
  if (text.defines(name) || variables.atomstyle(i) || variables.vectorstyle(i)) return kLeftOut;
  if (text.mentions(name)) return kNamed;
  return variables.equalstyle(i) || variables.internalstyle(i) ? kLeftOut : kPassed;
}

void broadcast(MPI_Comm world, std::string &text)
{
  int length = static_cast<int>(text.size());
  MPI_Bcast(&length, 1, MPI_INT, 0, world);
  text.resize(length);
  MPI_Bcast(text.data(), length, MPI_CHAR, 0, world);
}

std::string needs(LAMMPS *parent, const std::string &script)
{
  std::string all, fault;
  if (parent->comm->me == 0) {
    try {
      const CGFlowScript text(script);
      Variable &variables = *parent->input->variable;
      for (int i = 0; i < variables.nvar; ++i) all += need_of(text, variables, i);
    } catch (const std::exception &e) {
      fault = e.what();
    }
  }
  broadcast(parent->world, fault);
  if (!fault.empty()) throw cgflow_script_error(script, fault);
  broadcast(parent->world, all);
  return all;
}

}    // namespace

std::vector<CGFlowVariable> LAMMPS_NS::cgflow_child_variables(LAMMPS *parent, const std::string &script)
{
  const std::string all = needs(parent, script);
  Variable *variables = parent->input->variable;
  std::vector<CGFlowVariable> passed;
  for (int i = 0; i < static_cast<int>(all.size()); ++i) {
    if (all[i] == kLeftOut) continue;
    const std::string name = variables->names[i];
    std::string message;
    const int whichflag = parent->update->whichflag;
    try {
      const CGFlowQuietErrors quiet(parent);
      if (const char *value = variables->retrieve(name.c_str()))
        passed.push_back({name, value});
      else
        message = "it has no value";
    } catch (const LAMMPSException &e) {
      message = cgflow_tidy_error(e.what());
      parent->update->whichflag = whichflag;
      variables->clear_in_progress();
    }
    if (!message.empty() && all[i] == kNamed)
      throw cgflow_script_error(script, "variable '" + name + "' cannot be handed over: " + message);
  }
  return passed;
}
