// SPDX-License-Identifier: Apache-2.0
#include "base/weight.h"

namespace tuesday {

std::string Weight::Text() const {
  const int tenths = permille_ % 10;
  std::string text = std::to_string(permille_ / 10);
  if (tenths != 0) text += "." + std::to_string(tenths);
  return text + " %";
}

}  // namespace tuesday
