// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_structure_writer.h"

#include "cgflow_child_instance.h"

#include "atom.h"
#include "domain.h"
#include "fmt/format.h"
#include "input.h"
#include "lammps.h"
#include "neighbor.h"
#include "output.h"
#include "platform.h"
#include "update.h"

#include "cgflow/atomic_file.h"
#include "cgflow/error.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

using namespace LAMMPS_NS;

namespace {

/// Without an atomistic script the types of its atoms are not known. Readers of dumps need some: atoms of one mass have one type,
/// numbered in the order of the atoms.
std::vector<int> types_by_mass(const std::vector<double> &mass)
{
  std::vector<double> kinds;
  std::vector<int> types;
  for (const double m : mass) {
    const auto found = std::find(kinds.begin(), kinds.end(), m);
    types.push_back(static_cast<int>(found - kinds.begin()) + 1);
    if (found == kinds.end()) kinds.push_back(m);
  }
  return types;
}

std::string plain_text(const cgflow::Structures &structures, const cgflow::Molecule &molecule)
{
  const int n_atoms = molecule.n_atoms();
  const std::vector<int> types = types_by_mass(molecule.mass);
  const std::size_t frames = structures.point.size();
  std::string text;
  for (std::size_t i = 0; i < frames; ++i) {
    const double *x = &structures.x[i * 3 * n_atoms];
    double lo[3] = {x[0], x[1], x[2]}, hi[3] = {x[0], x[1], x[2]};
    for (int a = 0; a < n_atoms; ++a)
      for (int k = 0; k < 3; ++k) {
        lo[k] = std::min(lo[k], x[3 * a + k]);
        hi[k] = std::max(hi[k], x[3 * a + k]);
      }
    text += fmt::format("ITEM: TIMESTEP\n{}\nITEM: NUMBER OF ATOMS\n{}\nITEM: BOX BOUNDS ss ss ss\n", i + 1, n_atoms);
    for (int k = 0; k < 3; ++k) text += fmt::format("{:.10g} {:.10g}\n", lo[k] - 0.5, hi[k] + 0.5);
    text += "ITEM: ATOMS id type x y z\n";
    for (int a = 0; a < n_atoms; ++a)
      text += fmt::format("{} {} {:.10g} {:.10g} {:.10g}\n", a + 1, types[a], x[3 * a], x[3 * a + 1], x[3 * a + 2]);
  }
  return text;
}

std::string weights_text(const cgflow::Structures &structures, const cgflow::CgSpace &space)
{
  const int d = space.n_cv();
  std::string text = "# frame point";
  for (const auto &variable : space.variables()) text += " " + variable.name;
  text += " lnw lnW\n";
  for (std::size_t i = 0; i < structures.point.size(); ++i) {
    text += fmt::format("{} {}", i + 1, structures.point[i] + 1);
    for (int k = 0; k < d; ++k) text += fmt::format(" {:.10g}", structures.s[i * d + k]);
    text += fmt::format(" {:.10g} {:.10g}\n", structures.ln_w[i], structures.ln_W[i]);
  }
  return text;
}

/// A name with which LAMMPS makes the same kind of file, and which has no character that a shell or a dump style would interpret.
/// Dump styles look at the end of a name (.gz, .bin).
std::string harmless(std::string name)
{
  for (char &c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && std::strchr("._-+", c) == nullptr) c = '_';
  return name;
}

// LAMMPS pipes a compressed dump through a shell, with the name in double quotes.
void check_folder(const std::string &folder, const std::string &path)
{
  if (platform::has_compress_extension(path) && folder.find_first_of("\"$`\\") != std::string::npos)
    throw cgflow::FileError("dump " + path +
                            ": got a folder with one of \" $ ` \\ in its name, which a compressed dump cannot "
                            "have; expected another folder, or a dump that is not compressed");
}

/// A temporary file beside the dump, which is removed unless the dump is complete.
class TemporaryDump {
 public:
  explicit TemporaryDump(const std::string &path) : path_(path)
  {
    const std::string folder = platform::path_dirname(path);
    check_folder(folder, path);
    name_ = platform::path_join(folder, "tmp.cgflow." + harmless(platform::path_basename(path)));
    std::remove(name_.c_str());
  }
  ~TemporaryDump() { std::remove(name_.c_str()); }
  TemporaryDump(const TemporaryDump &) = delete;
  TemporaryDump &operator=(const TemporaryDump &) = delete;

  const std::string &name() const { return name_; }
  bool exists() const { return platform::file_is_readable(name_); }
  void finish() const
  {
    if (std::rename(name_.c_str(), path_.c_str()) != 0)
      throw cgflow::FileError("Cannot write file " + path_ + ": " + std::strerror(errno));
  }

 private:
  std::string path_, name_;
};

void place(LAMMPS *child, const double *x, int n_atoms)
{
  Atom *atom = child->atom;
  for (int a = 0; a < n_atoms; ++a) {
    const int local = atom->map(a + 1);
    for (int k = 0; k < 3; ++k) atom->x[local][k] = x[3 * a + k];
    atom->image[local] = (static_cast<imageint>(IMGMAX) << IMG2BITS) | (static_cast<imageint>(IMGMAX) << IMGBITS) | IMGMAX;
  }
}

// LAMMPS would lose an atom outside a wall as soon as it evaluates forces.
bool can_be_evaluated(LAMMPS *child, const double *x, int n_atoms)
{
  const Domain *domain = child->domain;
  for (int a = 0; a < n_atoms; ++a)
    for (int k = 0; k < 3; ++k) {
      const double value = x[3 * a + k];
      if (!std::isfinite(value)) return false;
      const bool wall = domain->boundary[k][0] == 1 || domain->boundary[k][1] == 1;
      if (wall && (value < domain->boxlo[k] || value >= domain->boxhi[k])) return false;
    }
  return true;
}

// Makes the box so large that it holds every structure: no atom is wrapped, and all image flags are zero. The boundaries are fixed, so
// energies in the dump are those of the molecule alone. The edges exceed the structures by the cutoff, because a rerun in a periodic
// box takes the dump's edges, and a molecule must not interact with its images there.
void make_room(CGFlowChildInstance &instance, const std::vector<double> &x, int n_atoms)
{
  LAMMPS *child = instance.lammps();
  double lo[3] = {x[0], x[1], x[2]}, hi[3] = {x[0], x[1], x[2]};
  for (std::size_t i = 0; i < x.size(); ++i) {
    lo[i % 3] = std::min(lo[i % 3], x[i]);
    hi[i % 3] = std::max(hi[i % 3], x[i]);
  }
  // The cutoff is known only after a first run.
  instance.one("run 0 post no");
  const double margin = 0.5 * child->neighbor->cutneighmax + 1.0;
  instance.guarded([&] { place(child, x.data(), n_atoms); });
  std::string command = "change_box all";
  for (int k = 0; k < 3; ++k)
    command += fmt::format(" {} final {:.10g} {:.10g}", "xyz"[k], std::floor(lo[k] - margin), std::ceil(hi[k] + margin));
  instance.one(command + " boundary f f f units box");
}

// The words as LAMMPS takes them: pointers to characters that it may change.
std::vector<char *> pointers(std::vector<std::string> &words)
{
  std::vector<char *> result;
  for (auto &word : words) result.push_back(word.data());
  return result;
}

// One dump stays open for all frames, so that dump styles with a header and compressed ones work. Each frame is evaluated, so its
// forces, energies and computes are its own.
void dump_frames(LAMMPS *lmp, CGFlowChildInstance &instance, const cgflow::Structures &structures, int n_atoms,
                 bool molecular, const std::string &temporary, const std::vector<std::string> &style)
{
  LAMMPS *child = instance.lammps();
  std::vector<std::string> dump{"cgflow", "all", "custom", "1", temporary, "id", "type", "x", "y", "z"};
  std::vector<std::string> changes{"cgflow", "sort", "id"};
  if (style.empty()) {
    changes.insert(changes.end(), {"format", "float", "%.10g"});
  } else {
    const auto modify = std::find(style.begin(), style.end(), "modify");
    dump = {"cgflow", "all", style.front(), "1", temporary};
    dump.insert(dump.end(), style.begin() + 1, modify);
    // The rows of these two styles are not atoms.
    if (style.front() == "local" || style.front() == "grid") changes = {"cgflow", "first", "no"};
    if (modify != style.end()) changes.insert(changes.end(), modify + 1, style.end());
  }
  // A script may not contain a dump, but this one is written by the package itself.
  (*child->input->command_map)["run"] = (*lmp->input->command_map)["run"];
  *child->output->dump_map = *lmp->output->dump_map;
  if (molecular) make_room(instance, structures.x, n_atoms);
  instance.one("run 0 post no");
  // Words, not text for LAMMPS to parse: a word may hold blanks, quotes, # and $.
  instance.guarded([&] {
    child->output->add_dump(static_cast<int>(dump.size()), pointers(dump).data());
    child->output->modify_dump(static_cast<int>(changes.size()), pointers(changes).data());
    child->output->init();
  });
  for (std::size_t i = 0; i < structures.point.size(); ++i) {
    const double *x = &structures.x[i * 3 * n_atoms];
    // reset_timestep is an error while a dump is open. Here the step only increases, as in a run.
    child->update->ntimestep = static_cast<bigint>(i) + 1;
    place(child, x, n_atoms);
    if (!style.empty() && can_be_evaluated(child, x, n_atoms))
      instance.one("run 0 post no");
    else
      instance.guarded([&] { child->output->write_dump(child->update->ntimestep); });
  }
  instance.one("undump cgflow");
}

}    // namespace

namespace LAMMPS_NS {

void cgflow_write_structures(LAMMPS *lmp, CGFlowChildInstance *instance, const cgflow::Structures &structures,
                             const cgflow::Model &model, const CGFlowStructureFile &file)
{
  const int n_atoms = model.info().n_atoms();
  if (file.path.find_first_of("*%") != std::string::npos)
    throw cgflow::FileError("dump " + file.path + ": got a name with * or %, expected one file for all frames");
  if (!instance) {
    if (!file.style.empty())
      throw cgflow::FileError("dump style " + file.style.front() +
                              " needs keyword atomistic: the script knows types and masses");
    cgflow::write_file(file.path, plain_text(structures, model.info().molecule));
    return;
  }
  const TemporaryDump temporary(file.path);
  try {
    dump_frames(lmp, *instance, structures, n_atoms, cgflow::is_molecular(model.config()), temporary.name(), file.style);
  } catch (const cgflow::EnergyError &e) {
    throw cgflow::FileError("dump " + file.path + ": " + e.what());
  }
  if (!temporary.exists())
    throw cgflow::FileError("dump " + file.path + ": style " + file.style.front() +
                            " made no file of that name, expected a style " + "that holds all frames in one file");
  if (file.weights) cgflow::write_file(file.path + ".weights", weights_text(structures, model.space()));
  temporary.finish();
}

}    // namespace LAMMPS_NS
