// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_structure_writer.h"

#include "cgflow_child_instance.h"

#include "atom.h"
#include "fmt/format.h"
#include "input.h"
#include "lammps.h"
#include "platform.h"

#include "cgflow/atomic_file.h"
#include "cgflow/error.h"

#include <algorithm>
#include <cstdio>

using namespace LAMMPS_NS;

namespace {

std::string plain_text(const cgflow::Structures &structures, int n_atoms)
{
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
    text += "ITEM: ATOMS id x y z\n";
    for (int a = 0; a < n_atoms; ++a)
      text += fmt::format("{} {:.10g} {:.10g} {:.10g}\n", a + 1, x[3 * a], x[3 * a + 1], x[3 * a + 2]);
  }
  return text;
}

// Dump styles look at the end of a file's name, so the temporary name differs at its beginning.
std::string temporary_name(const std::string &path)
{
  return platform::path_join(platform::path_dirname(path), "tmp.cgflow." + platform::path_basename(path));
}

}    // namespace

namespace LAMMPS_NS {

void cgflow_write_structures(LAMMPS *lmp, CGFlowChildInstance *instance, const cgflow::Structures &structures, int n_atoms,
                             const std::string &path, const std::vector<std::string> &style)
{
  if (!instance) {
    if (!style.empty())
      throw cgflow::FileError("dump style " + style.front() + " needs keyword atomistic: the script knows types and masses");
    cgflow::write_file(path, plain_text(structures, n_atoms));
    return;
  }
  std::string words;
  for (const auto &word : style) words += " " + word;
  const bool text_style = style.empty();
  LAMMPS *child = instance->lammps();
  // The script itself may not dump; this is the package's own output from the same system.
  (*child->input->command_map)["write_dump"] = (*lmp->input->command_map)["write_dump"];
  (*child->input->command_map)["run"] = (*lmp->input->command_map)["run"];
  const std::string temporary = temporary_name(path);
  std::remove(temporary.c_str());
  instance->one("run 0 post no");
  const std::size_t frames = structures.point.size();
  for (std::size_t i = 0; i < frames; ++i) {
    const double *x = &structures.x[i * 3 * n_atoms];
    for (int a = 0; a < n_atoms; ++a) {
      const int local = child->atom->map(a + 1);
      for (int k = 0; k < 3; ++k) child->atom->x[local][k] = x[3 * a + k];
    }
    instance->one(fmt::format("reset_timestep {}", i + 1));
    instance->one(fmt::format("write_dump all {} {}{} modify append yes{}", text_style ? "custom" : style.front(), temporary,
                              text_style ? " id type x y z" : words.substr(words.find(style.front()) + style.front().size()),
                              text_style ? " format float %.10g sort id" : ""));
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0)
    throw cgflow::FileError("cannot rename " + temporary + " to " + path);
}

void cgflow_write_weights(const cgflow::Structures &structures, const cgflow::CgSpace &space, const std::string &path)
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
  cgflow::write_file(path, text);
}

}    // namespace LAMMPS_NS
