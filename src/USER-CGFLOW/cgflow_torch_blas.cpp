// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_torch_blas.h"

#if defined(__linux__) && defined(__x86_64__)

#include <dlfcn.h>
#include <link.h>

#include <cctype>
#include <cstddef>

namespace {

// Fortran names as both libraries export them: small letters and digits, and one underscore at the end.
bool is_fortran(const std::string &name)
{
  if (name.size() < 4 || name.back() != '_') return false;
  for (const char c : name.substr(0, name.size() - 1))
    if (!std::islower(static_cast<unsigned char>(c)) && !std::isdigit(static_cast<unsigned char>(c))) return false;
  return true;
}

using Row = ElfW(Rela);
using Symbol = ElfW(Sym);
using Entry = ElfW(Dyn);
using Address = ElfW(Addr);

// The entries of a library's dynamic section that describe its procedure linkage table (System V ABI).
struct LinkageTable {
  const Row *rows = nullptr;
  std::size_t size = 0;
  const Symbol *symbols = nullptr;
  const char *names = nullptr;
  bool bound_at_start = false;    // and read-only afterwards

  explicit LinkageTable(const Entry *entry)
  {
    for (; entry->d_tag != DT_NULL; ++entry) {
      const Address value = entry->d_un.d_val;
      if (entry->d_tag == DT_JMPREL) rows = reinterpret_cast<const Row *>(value);
      if (entry->d_tag == DT_PLTRELSZ) size = value / sizeof(Row);
      if (entry->d_tag == DT_SYMTAB) symbols = reinterpret_cast<const Symbol *>(value);
      if (entry->d_tag == DT_STRTAB) names = reinterpret_cast<const char *>(value);
      if (entry->d_tag == DT_BIND_NOW) bound_at_start = true;
      if (entry->d_tag == DT_FLAGS && (value & DF_BIND_NOW)) bound_at_start = true;
      if (entry->d_tag == DT_FLAGS_1 && (value & DF_1_NOW)) bound_at_start = true;
    }
  }

  bool writable() const { return rows && symbols && names && !bound_at_start; }
};

}    // namespace

std::vector<std::string> LAMMPS_NS::cgflow_bind_torch_blas()
{
  std::vector<std::string> bound;
  void *torch = dlopen("libtorch_cpu.so", RTLD_LAZY | RTLD_NOLOAD);
  link_map *library = nullptr;
  if (!torch || dlinfo(torch, RTLD_DI_LINKMAP, &library) != 0) return bound;
  const LinkageTable table(library->l_ld);
  for (std::size_t k = 0; table.writable() && k < table.size; ++k) {
    const Row &row = table.rows[k];
    const Symbol &symbol = table.symbols[ELF64_R_SYM(row.r_info)];
    const bool own = symbol.st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol.st_info) == STT_FUNC;
    if (ELF64_R_TYPE(row.r_info) != R_X86_64_JUMP_SLOT || !own) continue;
    const std::string name = table.names + symbol.st_name;
    auto *slot = reinterpret_cast<Address *>(library->l_addr + row.r_offset);
    const Address address = library->l_addr + symbol.st_value;
    if (*slot == address || !is_fortran(name)) continue;
    *slot = address;
    bound.push_back(name);
  }
  dlclose(torch);
  return bound;
}

#else

std::vector<std::string> LAMMPS_NS::cgflow_bind_torch_blas() { return {}; }

#endif

void LAMMPS_NS::cgflow_bind_torch_blas_once() { static const auto bound = cgflow_bind_torch_blas(); }
