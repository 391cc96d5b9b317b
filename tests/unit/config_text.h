// SPDX-License-Identifier: GPL-2.0-only
// YAML texts of the tests of Config, and the errors that they give.
#ifndef CGFLOW_TESTS_CONFIG_TEXT_H
#define CGFLOW_TESTS_CONFIG_TEXT_H

#include "cgflow/config.h"

#include "error_message.h"

#include <string>

namespace cgflow::tests {

/// The smallest file.
const std::string kCg = "cg: [{name: s, linear: {x: 1, y: -1}, range: [-2.6, 1.2]}]\n";

inline Config parse(const std::string &text) { return Config::parse(text, "mb.yaml"); }

inline std::string error_of(const std::string &text)
{
  return message<ConfigError>([&] { parse(text); });
}

/// The error of a file whose second line and those after it are `lines`.
inline std::string error_after_cg(const std::string &lines) { return error_of(kCg + lines); }

}    // namespace cgflow::tests

#endif
