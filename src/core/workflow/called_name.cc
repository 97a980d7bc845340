// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/called_name.h"

#include <algorithm>
#include <vector>

namespace tuesday::workflow {
namespace {

// Without `.` and with `..` taken away where it can be.
std::string Plain(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  std::string plain;
  for (const std::string_view part : parts) plain.append(plain.empty() ? "" : "/").append(part);
  return plain;
}

}  // namespace

bool IsElsewhere(std::string_view name) {
  const std::size_t sign = name.find('@');
  const std::string_view path = name.substr(0, sign);
  return sign != std::string_view::npos && !path.starts_with('/') && (path.ends_with(".yml") || path.ends_with(".yaml"));
}

std::string CalledName(std::string_view caller, std::string_view ref) {
  if (!ref.starts_with("./") && !ref.starts_with("$/")) return std::string(ref);
  const std::string path = Plain(ref.substr(2));
  if (!IsElsewhere(caller) || path.starts_with("..")) return path;
  const std::size_t owner = caller.find('/');
  const std::size_t repository = caller.find('/', owner == std::string_view::npos ? caller.size() : owner + 1);
  return std::string(caller.substr(0, repository)) + "/" + path + std::string(caller.substr(caller.find('@')));
}

}  // namespace tuesday::workflow
