// SPDX-License-Identifier: Apache-2.0
// A remark of a step about a place in the code: made by a workflow command or a problem matcher.
#pragma once

#include <optional>
#include <string>

namespace tuesday::workflow {

enum class AnnotationLevel { kNotice, kWarning, kError };

// Lines and columns count from 1. Texts are masked.
struct Annotation {
  AnnotationLevel level = AnnotationLevel::kNotice;
  std::string message;
  std::string title;
  std::string file;
  std::optional<int> line;
  std::optional<int> end_line;
  std::optional<int> column;
  std::optional<int> end_column;
  std::string code;  // The name that a linter gave it.
  friend bool operator==(const Annotation&, const Annotation&) = default;
};

}  // namespace tuesday::workflow
