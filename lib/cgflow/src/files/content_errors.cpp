// SPDX-License-Identifier: GPL-2.0-only
#include "files/content_errors.h"

#include "cgflow/error.h"

#include <new>

namespace cgflow {

void throw_content_error(const Archive &archive, const std::string &items)
{
  const std::string place = archive.source() + ": " + (items.empty() ? "" : items + ": ");
  try {
    throw;
  } catch (const Error &e) {
    const std::string text = e.what();
    if (text.starts_with(archive.source())) throw ModelError(text);
    throw ModelError(place + text);
  } catch (const std::bad_alloc &) {
    throw ModelError(place + "there is not enough memory for its content");
  } catch (const std::exception &e) {
    const std::string text = e.what();
    throw ModelError(place +
                     "its content cannot be used, expected a file as cgflow writes it: " + text.substr(0, text.find('\n')));
  }
}

}    // namespace cgflow
