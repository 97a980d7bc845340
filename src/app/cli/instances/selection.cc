// SPDX-License-Identifier: Apache-2.0
#include "app/cli/instances/selection.h"

#include <fmt/format.h>

namespace tuesday::cli {

Result<std::string> SelectionQuery(const Selection& selection) {
  const int said = (selection.canary ? 1 : 0) + (selection.stable ? 1 : 0) + (selection.revision > 0 ? 1 : 0) +
                   (selection.instance.empty() ? 0 : 1);
  if (said > 1) {
    return Fail(ErrorCode::kInvalid, "--canary, --stable, --revision and --instance exclude each other.", "Give one of them.");
  }
  if (selection.canary) return std::string("side=canary");
  if (selection.stable) return std::string("side=stable");
  if (selection.revision > 0) return fmt::format("revision={}", selection.revision);
  return selection.instance.empty() ? std::string("all=1") : "instance=" + UrlEscape(selection.instance);
}

}  // namespace tuesday::cli
