// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_ERROR_H
#define CGFLOW_ERROR_H

#include <stdexcept>
#include <string>

namespace cgflow {

/// Base of every error that the library throws. Its text says where, what was got and what is allowed.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Bad YAML or a bad option: unknown key, wrong type, value out of range.
class ConfigError : public Error {
 public:
  using Error::Error;
};

/// An array whose shape does not fit the call.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// A file that cannot be read or written, is damaged, or was not written by cgflow.
class FileError : public Error {
 public:
  using Error::Error;
};

/// A model, state or table that cannot be used for the requested purpose.
class ModelError : public Error {
 public:
  using Error::Error;
};

/// Energies or forces that cannot be used.
class EnergyError : public Error {
 public:
  using Error::Error;
};

}    // namespace cgflow

#endif
