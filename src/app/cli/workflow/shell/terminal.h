// SPDX-License-Identifier: Apache-2.0
// This process's terminal and another one, tied together for a while.
#pragma once

#include <termios.h>

#include <functional>
#include <string>

#include "base/result.h"

namespace tuesday::cli {

// Whether a person is at both standard input and standard output.
bool HasTerminal();

// Standard input byte by byte, with all keys, until it is destroyed.
class RawInput {
 public:
  RawInput();
  ~RawInput();
  RawInput(const RawInput&) = delete;
  RawInput& operator=(const RawInput&) = delete;

 private:
  termios before_{};
  bool is_raw_ = false;
};

// Brings what is typed to the terminal whose near end is `other`, and what comes from there to standard output, with the size
// of the window, until the other end is closed, standard input ends, or `is_over` says so. That is asked ten times a second.
void TieTerminals(int other, const std::function<bool()>& is_over);

}  // namespace tuesday::cli
