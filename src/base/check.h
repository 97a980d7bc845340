// SPDX-License-Identifier: Apache-2.0
// CHECK stops the process when the program is wrong. It is on in every build: a bug that goes on does more harm.
#pragma once

#include <string_view>

namespace tuesday {

// Writes file, line, condition and `why` to standard error and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition, std::string_view why);

}  // namespace tuesday

#define CHECK(condition, why)                                        \
  do {                                                               \
    if (!(condition)) [[unlikely]]                                   \
      ::tuesday::CheckFailed(__FILE__, __LINE__, #condition, (why)); \
  } while (false)
