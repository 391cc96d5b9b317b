// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_child_instance.h"

#include "cgflow/error.h"
#include "cgflow_child_checks.h"
#include "cgflow_child_pairs.h"
#include "cgflow_lammps_versions.h"

#include "input.h"
#include "lammps.h"
#include "modify.h"
#include "output.h"
#include "variable.h"

#include <map>
#include <vector>

using namespace LAMMPS_NS;

// From the OpenMP runtime, if the process has one: each new LAMMPS instance sets the number of threads of the process.
extern "C" {
int omp_get_max_threads() __attribute__((weak));
void omp_set_num_threads(int) __attribute__((weak));
}

namespace {

class KeepThreads {
 public:
  KeepThreads() : n_(omp_get_max_threads ? omp_get_max_threads() : 0) {}
  ~KeepThreads()
  {
    if (n_ > 0 && omp_set_num_threads) omp_set_num_threads(n_);
  }

 private:
  int n_;
};

[[noreturn]] void refuse(const std::string &command)
{
  throw cgflow::EnergyError("command '" + command +
                            "' is not allowed here: an atomistic script defines the system and nothing else");
}

Command *refuse_command(LAMMPS *lmp) { refuse(lmp->input->command); }

Dump *refuse_dump(LAMMPS *, int, char **) { refuse("dump"); }

Fix *refuse_fix(LAMMPS *, int, char **arg)
{
  throw cgflow::EnergyError("fix " + std::string(arg[0]) + " of style " + arg[2] +
                            " is not allowed: " + cgflow_refused_fix(arg[2]));
}

// Commands that run, write, or need more than this one instance.
const std::vector<std::string> kRefused{"run",
                                        "minimize",
                                        "rerun",
                                        "hyper",
                                        "prd",
                                        "tad",
                                        "neb",
                                        "neb/spin",
                                        "temper",
                                        "temper/grem",
                                        "temper/npt",
                                        "mdi",
                                        "message",
                                        "server",
                                        "fitpod",
                                        "geturl",
                                        "dynamical_matrix",
                                        "third_order",
                                        "write_data",
                                        "write_dump",
                                        "write_restart",
                                        "write_coeff",
                                        "angle_write",
                                        "dihedral_write",
                                        "group2ndx"};

/// While one lives, the names of the files that read_data reads are noted. LAMMPS does not keep them.
class NoteDataFiles {
 public:
  NoteDataFiles(LAMMPS *lmp, std::vector<std::string> &files) : lmp_(lmp)
  {
    auto &map = *lmp->input->command_map;
    creator_ = map.at("read_data");
    files_ = &files;
    map["read_data"] = [](LAMMPS *instance) {
      if (instance->input->narg > 0) files_->push_back(instance->input->arg[0]);
      return creator_(instance);
    };
  }
  ~NoteDataFiles()
  {
    (*lmp_->input->command_map)["read_data"] = creator_;
    files_ = nullptr;
  }
  NoteDataFiles(const NoteDataFiles &) = delete;
  NoteDataFiles &operator=(const NoteDataFiles &) = delete;

 private:
  LAMMPS *lmp_;
  // The table holds plain functions. One script is executed at a time.
  static inline Input::CommandCreatorMap::mapped_type creator_ = nullptr;
  static inline std::vector<std::string> *files_ = nullptr;
};

/// Replaces entries of LAMMPS' tables of commands, dumps and fixes by functions that refuse; the table of commands only while the
/// script is executed. A `clear` in the script renews the tables of dumps and fixes, so the system is checked afterwards too.
class RefuseCommands {
 public:
  explicit RefuseCommands(LAMMPS *lmp) : lmp_(lmp), commands_(*lmp->input->command_map)
  {
    auto &map = *lmp->input->command_map;
    for (const auto &name : kRefused) map[name] = &refuse_command;
    for (auto &entry : map)
      if (entry.first.rfind("cgflow/", 0) == 0) entry.second = &refuse_command;
    for (auto &entry : *lmp->output->dump_map) entry.second = &refuse_dump;
    for (auto &entry : *lmp->modify->fix_map)
      if (!cgflow_refused_fix(entry.first).empty()) entry.second = &refuse_fix;
  }
  // Entry by entry, because the script may have loaded a plugin that added entries.
  ~RefuseCommands()
  {
    auto &map = *lmp_->input->command_map;
    for (const auto &name : kRefused) map.erase(name);
    for (const auto &entry : commands_) map[entry.first] = entry.second;
  }

 private:
  LAMMPS *lmp_;
  Input::CommandCreatorMap commands_;
};

}    // namespace

std::string LAMMPS_NS::cgflow_tidy_error(std::string text)
{
  for (const std::string prefix : {"ERROR: ", "ERROR on proc 0: "})
    if (text.rfind(prefix, 0) == 0) text.erase(0, prefix.size());
  text.erase(text.find_last_not_of(" \n\r\t") + 1);
  return text;
}

cgflow::EnergyError LAMMPS_NS::cgflow_script_error(const std::string &script, const std::string &what)
{
  const std::string place = "Atomistic script " + script + ": ";
  return cgflow::EnergyError(what.rfind(place, 0) == 0 ? what : place + what);
}

CGFlowChildInstance::CGFlowChildInstance(const std::string &script, const std::vector<CGFlowVariable> &variables)
    : script_(script)
{
  try {
    guarded([&] {
      const KeepThreads keep;
      MPI_Comm_dup(MPI_COMM_SELF, &comm_);
      LAMMPS::argv args{"cgflow", "-nocite", "-echo", "none", "-log", "none", "-screen", "none"};
      lmp_ = new LAMMPS(args, comm_);
      // As the command line's -var would: a `variable NAME index` in the script keeps the parent's value.
      for (CGFlowVariable variable : variables) {
        std::string style = "index";
        char *arg[] = {variable.name.data(), style.data(), variable.value.data()};
        lmp_->input->variable->set(3, arg);
      }
      execute();
    });
  } catch (...) {
    close();
    throw;
  }
}

CGFlowChildInstance::~CGFlowChildInstance() { close(); }

void CGFlowChildInstance::close()
{
  try {
    delete lmp_;
  } catch (...) {    // ~LAMMPS may throw, and nobody could handle it here
  }
  lmp_ = nullptr;
  if (comm_ != MPI_COMM_NULL) MPI_Comm_free(&comm_);
}

void CGFlowChildInstance::execute()
{
  const RefuseCommands refused(lmp_);
  const NoteDataFiles noted(lmp_, data_files_);
  lmp_->input->file(script_.c_str());
}

void CGFlowChildInstance::one(const std::string &command)
{
  guarded([&] { lmp_->input->one(command); });
}

void CGFlowChildInstance::guarded(const std::function<void()> &work) const
{
  try {
    work();
  } catch (const std::exception &e) {
    const std::string text = cgflow_tidy_error(e.what());
    // One that has come through here before has its heading, and its help.
    const bool is_new = text.rfind("Atomistic script ", 0) != 0;
    throw cgflow_script_error(script_, is_new ? cgflow_child_with_help(lmp_, text) : text);
  }
}
