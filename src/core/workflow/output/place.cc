// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/output/place.h"

#include <algorithm>
#include <vector>

namespace tuesday::workflow {

std::string PlainPath(std::string_view path) {
  const bool rooted = path.starts_with('/');
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!rooted) {
      parts.push_back(part);
    }
  }
  std::string plain = rooted ? "/" : "";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) plain += '/';
    plain += parts[i];
  }
  return plain;
}

std::optional<std::string> FileInWorkspace(std::string_view file, std::string_view workspace) {
  std::string path = PlainPath(file);
  if (!path.starts_with('/')) {
    if (path.empty() || path == ".." || path.starts_with("../")) return std::nullopt;
    return path;
  }
  const std::string root = PlainPath(workspace);
  if (root.empty() || root == "/" || !path.starts_with(root + "/")) return std::nullopt;
  return path.substr(root.size() + 1);
}

std::string FileBeside(std::string_view file, std::string_view from_path) {
  const std::size_t slash = from_path.rfind('/');
  if (file.starts_with('/') || slash == std::string_view::npos) return std::string(file);
  return std::string(from_path.substr(0, slash + 1)) + std::string(file);
}

void AgreeOnPlace(Annotation& annotation) {
  if (annotation.end_line.has_value() && !annotation.line.has_value()) annotation.line = annotation.end_line;
  if (annotation.end_column.has_value() && !annotation.column.has_value()) annotation.column = annotation.end_column;
  const bool several_lines = annotation.end_line.has_value() && annotation.line != annotation.end_line;
  const bool backwards =
      annotation.column.has_value() && annotation.end_column.has_value() && *annotation.end_column < *annotation.column;
  if (!annotation.line.has_value() || several_lines || backwards) {
    annotation.column.reset();
    annotation.end_column.reset();
  }
  if (annotation.end_line.has_value() && *annotation.end_line < *annotation.line) {
    annotation.line.reset();
    annotation.end_line.reset();
  }
}

}  // namespace tuesday::workflow
