// SPDX-License-Identifier: Apache-2.0
#include "adapters/actions/action_ref.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuesday::actions {

Result<ActionRef> ParseActionRef(std::string_view uses) {
  const std::size_t sign = uses.find('@');
  const std::size_t slash = uses.find('/');
  if (sign == std::string_view::npos || slash == std::string_view::npos || slash > sign || sign + 1 == uses.size())
    return Fail(ErrorCode::kInvalid, fmt::format("'{}' is no owner/repo[/path]@ref.", uses));
  ActionRef ref;
  ref.ref = uses.substr(sign + 1);
  const std::string_view place = uses.substr(0, sign);
  const std::size_t second = place.find('/', slash + 1);
  ref.repository = place.substr(0, second);
  if (second != std::string_view::npos) ref.path = place.substr(second + 1);
  std::transform(ref.repository.begin(), ref.repository.end(), ref.repository.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ref;
}

}  // namespace tuesday::actions
