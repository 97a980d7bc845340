// SPDX-License-Identifier: Apache-2.0
// Patterns over the paths below one folder: `*`, `?`, `**`, `!` before what is left out. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tuesday::sandbox {

class PlainGlob {
 public:
  // `root` is taken off patterns that begin with it.
  PlainGlob(const std::vector<std::string>& patterns, const std::string& root);

  bool Matches(std::string_view relative) const;
  // Whether something below the folder may match.
  bool MayHoldMatches(std::string_view relative_folder) const;

 private:
  struct Pattern {
    std::vector<std::string> parts;
    bool leaves_out = false;
  };
  std::vector<Pattern> patterns_;
};

}  // namespace tuesday::sandbox
