// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_output_files.h"

#include "cgflow_log.h"

#include "cgflow/atomic_file.h"
#include "cgflow/error.h"

#include <filesystem>
#include <sys/stat.h>

using namespace LAMMPS_NS;

namespace {

bool is_device(const std::string &path)
{
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

// Also through links and for files that do not exist yet.
bool is_same_file(const std::string &a, const std::string &b)
{
  std::error_code ignored;
  if (is_device(a)) return false;    // /dev/null takes any number of files
  if (std::filesystem::equivalent(a, b, ignored)) return true;
  const auto plain = [&](const std::string &path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(cgflow::link_target(path), ignored), ignored);
  };
  return plain(a) == plain(b);
}

void check_names(const CGFlowOutputFiles::Names &names)
{
  for (std::size_t i = 0; i < names.outputs.size(); ++i) {
    const std::string &output = names.outputs[i];
    if (output.empty()) throw cgflow::FileError("an output file has an empty name");
    for (std::size_t k = 0; k < i; ++k)
      if (is_same_file(output, names.outputs[k]))
        throw cgflow::FileError("two output files are the same one, " + names.outputs[k] +
                                (output == names.outputs[k] ? "" : " and " + output) + ": give them different names");
    for (const std::string &input : names.inputs)
      if (!input.empty() && is_same_file(output, input))
        throw cgflow::FileError("the output file " + output + " is an input file" + (output == input ? "" : ", " + input) +
                                ": give it another name");
  }
}

}    // namespace

CGFlowOutputFiles::CGFlowOutputFiles(const Names &names, const std::vector<std::string> &claims, const std::string &note,
                                     const std::string &advice)
{
  check_names(names);
  for (const std::string &path : claims)
    if (!is_device(path)) claims_.emplace_back(path, note, advice);
}

void CGFlowOutputFiles::say_remarks(CGFlowLog &log) const
{
  for (const CGFlowFileClaim &claim : claims_) {
    if (claim.remark().empty()) continue;
    if (claim.is_held())
      log.line(claim.remark());
    else
      log.warning(claim.remark());
  }
}

CGFlowOutputFiles LAMMPS_NS::cgflow_outputs_of_command(const CGFlowOutputFiles::Names &names, CGFlowLog &log)
{
  CGFlowOutputFiles files(names, names.outputs, "", "wait until it has ended, or write to a file of another name");
  files.say_remarks(log);
  cgflow_check_writable(names.outputs);
  return files;
}

void LAMMPS_NS::cgflow_check_writable(const std::vector<std::string> &outputs)
{
  for (const std::string &path : outputs) cgflow::check_writable(path);
}
