// SPDX-License-Identifier: Apache-2.0
// What work with containers writes into the step's log.
#pragma once

#include <unistd.h>

#include <string>
#include <string_view>

namespace tuesday::sandbox {

inline void Say(std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(STDOUT_FILENO, text.data(), text.size());
    if (wrote <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

inline void SayLine(const std::string& line) { Say(line + "\n"); }

// Lines that people unfold.
class Group {
 public:
  explicit Group(const std::string& title) { SayLine("##[group]" + title); }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  ~Group() { SayLine("##[endgroup]"); }
};

}  // namespace tuesday::sandbox
