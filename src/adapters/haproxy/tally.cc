// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "adapters/haproxy/edge/edge.h"

namespace tuesday::haproxy {
namespace {

constexpr double kMicrosecond = 1e-6;
constexpr int kServerCutStatus = 502;

void Observe(HistogramTally& histogram, std::int64_t microseconds) {
  const double seconds = static_cast<double>(microseconds) * kMicrosecond;
  ++histogram.buckets[static_cast<std::size_t>(metrics::BucketOf(seconds))];
  histogram.sum_seconds += seconds;
}

// "namespace.name.s3" -> (rollout, 3).
std::optional<std::pair<RolloutName, int>> PartsOfBackend(std::string_view backend) {
  const std::size_t dot = backend.rfind(".s");
  if (dot == std::string_view::npos || dot + 3 != backend.size()) return std::nullopt;
  const int slot = backend.back() - '0';
  const RolloutName rollout = RolloutOfKey(backend.substr(0, dot));
  if (slot < 0 || slot >= rollout::kSlotsMax || rollout.name.empty()) return std::nullopt;
  return std::pair{rollout, slot};
}

}  // namespace

RequestTally& Tally::TallyOf(const LogLine& line) {
  const auto known = index_.find(line.key);
  if (known != index_.end()) return batch_.tallies[known->second];
  index_.emplace(std::string(line.key), batch_.tallies.size());
  batch_.tallies.push_back({RolloutOfKey(line.rollout), line.slot, InstanceId(std::string(line.server)), {}, {}, {}});
  return batch_.tallies.back();
}

void Tally::AddLine(std::string_view text) {
  ++batch_.lines;
  const std::optional<LogLine> line = ParseLogLine(text);
  if (!line) {
    ++batch_.unreadable;
    return;
  }
  if (line->rollout.empty() || line->slot < 0) return;
  RequestTally& tally = TallyOf(*line);
  ++tally.by_status[line->status];
  Observe(tally.duration, line->total_us);
  if (line->first_us) Observe(tally.first_byte, *line->first_us);
  // What HAProxy counts as "other" is what has no status class.
  if (line->status < 100 && line->process == silent_process_) {
    ++owed_[fmt::format("{}.s{}", line->rollout, line->slot)].logged;
  }
}

void Tally::AddSilent(const SilentSeen& seen) {
  const bool first_look = seen.process != silent_process_;
  if (first_look) {
    owed_.clear();
    silent_process_ = seen.process;
  }
  for (const auto& [backend, count] : seen.by_backend) {
    Owed& owed = owed_[backend];
    // What happened before the first look is not ours to tell.
    if (first_look) owed.reported = count;
    const std::int64_t missing = count - owed.logged - owed.reported;
    const std::int64_t sure = std::min(missing, owed.last);
    owed.last = missing;
    const auto parts = PartsOfBackend(backend);
    if (sure <= 0 || !parts) continue;
    owed.reported += sure;
    owed.last -= sure;
    batch_.tallies.push_back(
        {parts->first, parts->second, InstanceId(), {{kServerCutStatus, static_cast<std::uint64_t>(sure)}}, {}, {}});
  }
}

EdgeBatch Tally::Take(WallTime at) {
  EdgeBatch out = std::move(batch_);
  batch_ = EdgeBatch{};
  index_.clear();
  out.at = at;
  std::ranges::sort(out.tallies, {},
                    [](const RequestTally& tally) { return std::tie(tally.rollout, tally.slot, tally.instance); });
  return out;
}

}  // namespace tuesday::haproxy
