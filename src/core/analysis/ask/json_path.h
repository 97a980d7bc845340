// SPDX-License-Identifier: Apache-2.0
// Kubernetes' JSONPath as the web provider uses it: `{$.data.ok}`, `{.items[0].name}`, `{$..status}`, `{.a[?(@.n > 3)].b}`.
// https://kubernetes.io/docs/reference/kubectl/jsonpath/ without templates (range, several braces, text between them).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace tuesday::analysis {

struct JsonPathStep;

// A parsed path. Cheap to copy; immutable.
class JsonPath {
 public:
  // kInvalid names the column.
  static Result<JsonPath> Parse(std::string_view text);

  // The first value that the path finds. kNotFound when there is none.
  Result<Json> First(const Json& root) const;

 private:
  using Steps = std::vector<JsonPathStep>;
  JsonPath(std::string text, std::shared_ptr<const Steps> steps) : text_(std::move(text)), steps_(std::move(steps)) {}

  std::string text_;
  std::shared_ptr<const Steps> steps_;
};

inline constexpr std::size_t kJsonPathBytesMax = 1024;
inline constexpr std::size_t kJsonPathStepsMax = 64;
inline constexpr std::size_t kJsonPathFoundMax = 100'000;  // Values that one step may find.

}  // namespace tuesday::analysis
