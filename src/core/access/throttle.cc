// SPDX-License-Identifier: Apache-2.0
#include "core/access/throttle.h"

#include <algorithm>
#include <utility>

namespace tuesday::access {

std::optional<Duration> LoginThrottle::MustWait(const std::string& address, Instant now) const {
  const auto found = windows_.find(address);
  if (found == windows_.end() || now >= found->second.ends || found->second.failed < failed_max_) return std::nullopt;
  return found->second.ends - now;
}

void LoginThrottle::Failed(const std::string& address, Instant now) {
  std::erase_if(windows_, [&](const auto& item) { return now >= item.second.ends; });
  if (windows_.size() >= kAddressesMax && !windows_.contains(address)) {
    windows_.erase(std::ranges::min_element(windows_, {}, [](const auto& item) { return item.second.ends; }));
  }
  Window& window = windows_.try_emplace(address, Window{now + kLoginWindow, 0}).first->second;
  ++window.failed;
}

std::optional<std::uint64_t> RefusalBudget::Take(Instant now) {
  if (!window_ends_.has_value() || now >= *window_ends_) {
    window_ends_ = now + kRefusalWindow;
    written_ = 0;
  }
  if (written_ >= kRefusalsWrittenMax) {
    ++left_out_;
    return std::nullopt;
  }
  ++written_;
  return std::exchange(left_out_, 0);
}

}  // namespace tuesday::access
