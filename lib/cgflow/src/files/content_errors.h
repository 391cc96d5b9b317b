// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_CONTENT_ERRORS_H
#define CGFLOW_SRC_CONTENT_ERRORS_H

#include "cgflow/archive.h"

namespace cgflow {

/// To be called in `catch (...)` around code that makes objects of an archive's items. Throws the present exception as a ModelError
/// whose text begins with the file, unless it names the file already. Texts of libraries never come alone, and without their
/// call stacks. `items` says which items were in use, such as "items 'config' and 'molecule.mass'"; it may be empty.
[[noreturn]] void throw_content_error(const Archive &archive, const std::string &items = "");

}    // namespace cgflow

#endif
