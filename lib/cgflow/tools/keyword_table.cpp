// SPDX-License-Identifier: GPL-2.0-only
// Prints the table of YAML keys for the manual: cgflow-keywords > doc/yaml_keywords.inc
#include "cgflow/config.h"

#include <cstdio>
#include <string>

namespace {

std::string literal(const std::string &text) { return text.empty() ? "" : "``" + text + "``"; }

/// The help texts mark code as Markdown does, with single back quotes.
std::string rst(const std::string &help)
{
  std::string out;
  for (const char c : help) out += c == '`' ? std::string("``") : std::string(1, c);
  return out;
}

void print_cell(const char *start, const std::string &text)
{
  std::printf("%s%s%s\n", start, text.empty() ? "" : " ", text.c_str());
}

/// A default, and that of molecules where it is another.
std::string both(const std::string &value, const std::string &molecule)
{
  return molecule == value ? literal(value) : literal(value) + "; molecules: " + literal(molecule);
}

}    // namespace

int main()
{
  std::puts(".. Written by cgflow-keywords from the table in lib/cgflow/src/config/config_table.cpp: do not edit.\n");
  std::puts(".. list-table::\n   :header-rows: 1\n   :widths: 22 18 14 14 32\n");
  std::puts("   * - Key\n     - Value\n     - Default\n     - ``paper: true``\n     - Meaning");
  for (const auto &row : cgflow::config_keywords()) {
    print_cell("   * -", literal(row.path));
    print_cell("     -", row.type);
    print_cell("     -", both(row.default_value, row.molecule_value));
    const bool same = row.paper_value == row.default_value && row.paper_molecule_value == row.molecule_value;
    print_cell("     -", same ? "" : both(row.paper_value, row.paper_molecule_value));
    print_cell("     -", rst(row.help));
  }
}
