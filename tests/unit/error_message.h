// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_TESTS_ERROR_MESSAGE_H
#define CGFLOW_TESTS_ERROR_MESSAGE_H

#include "cgflow/error.h"

#include <string>

/// The text of the error of type E (or derived) that f throws; "no error" when it throws none.
template <class E = cgflow::Error, class F> std::string message(F &&f)
{
  try {
    f();
  } catch (const E &e) {
    return e.what();
  }
  return "no error";
}

#endif
