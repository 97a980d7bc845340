// SPDX-License-Identifier: Apache-2.0
// Any bytes may be patterns for files: the last line is a path. Matching ends, a folder is looked into whose file matches, and
// a path is one pattern when it is escaped.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/workflow/glob/glob.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace tuesday::workflow;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const std::size_t last = text.rfind('\n');
  if (last == std::string_view::npos) return 0;
  const std::string path(text.substr(last + 1));
  const auto glob = Glob::Parse(text.substr(0, last), "/ws");
  if (!glob.has_value()) return 0;
  const std::size_t slash = path.rfind('/');
  if (glob->Matches(path) && slash != std::string::npos && slash > 0 && !glob->MayHoldMatches(path.substr(0, slash)))
    std::abort();
  for (const std::string& begin : glob->SearchPaths()) {
    if (!begin.starts_with('/')) std::abort();
  }
  return 0;
}
