// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/tally.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>

#include "adapters/haproxy/edge/config.h"

namespace tuesday::haproxy {
namespace {

constexpr double kMicrosecond = 1e-6;
constexpr int kServerCutStatus = 502;

void Observe(HistogramTally& histogram, std::int64_t microseconds) {
  const double seconds = static_cast<double>(microseconds) * kMicrosecond;
  ++histogram.buckets[static_cast<std::size_t>(metrics::BucketOf(seconds))];
  histogram.sum_seconds += seconds;
}

// "namespace.name.s3 server", whichever version of the line it was read from.
std::string ServerKey(std::string_view key) {
  const std::size_t first = key.find(' ');
  const std::size_t second = key.find(' ', first + 1);
  if (second == std::string_view::npos) return std::string(key);
  return std::string(key.substr(0, first)) + ".s" + std::string(key.substr(first + 1));
}

RequestTally EmptyTally(std::string_view key) {
  const std::size_t blank = key.find(' ');
  const std::string_view backend = key.substr(0, blank);
  const std::size_t dot = backend.rfind(".s");
  RequestTally out;
  out.rollout = RolloutOfKey(backend.substr(0, dot));
  if (dot != std::string_view::npos) std::from_chars(backend.data() + dot + 2, backend.data() + backend.size(), out.slot);
  const std::string_view server = key.substr(blank + 1);
  if (server.starts_with('<') || server == "-") return out;
  const ServerName name = ParseServerName(server);
  if (name.slot >= 0) out.slot = name.slot;
  out.instance = InstanceId(std::string(name.instance));
  return out;
}

// What HAProxy counts as a failed response: the server's or the protocol's fault, before there were headers.
bool SaysServerFailed(std::string_view termination) {
  return termination == "SH" || termination == "sH" || termination == "PH";
}

}  // namespace

RequestTally& Tally::TallyOf(std::string_view key) {
  const auto known = index_.find(key);
  if (known != index_.end()) return batch_.tallies[known->second];
  RequestTally empty = EmptyTally(ServerKey(key));
  const auto same = std::ranges::find_if(batch_.tallies, [&](const RequestTally& tally) {
    return std::tie(tally.rollout, tally.slot, tally.instance) == std::tie(empty.rollout, empty.slot, empty.instance);
  });
  const std::size_t place = static_cast<std::size_t>(same - batch_.tallies.begin());
  index_.emplace(std::string(key), place);
  if (same == batch_.tallies.end()) batch_.tallies.push_back(std::move(empty));
  return batch_.tallies[place];
}

void Tally::AddLine(std::string_view text, std::int64_t process) {
  ++batch_.lines;
  const std::optional<LogLine> line = ParseLogLine(text);
  if (!line) {
    ++batch_.unreadable;
    return;
  }
  if (line->rollout.empty() || line->slot < 0) return;
  RequestTally& tally = TallyOf(line->key);
  ++tally.by_status[line->status];
  Observe(tally.duration, line->total_us);
  if (line->first_us) Observe(tally.first_byte, *line->first_us);
  if (line->server.empty() || line->first_us) return;
  if ((line->process != 0 ? line->process : process) != counted_process_) return;
  Owed& owed = owed_[ServerKey(line->key)];
  ++owed.logged_unanswered;
  if (SaysServerFailed(line->termination)) ++owed.logged_failed;
}

void Tally::AddFailed(const FailedSeen& seen) {
  const bool first_look = seen.process != counted_process_;
  if (first_look) {
    owed_.clear();
    counted_process_ = seen.process;
  }
  for (const auto& [server, counts] : seen.by_server) {
    Owed& owed = owed_[server];
    // What happened before the first look is not ours to tell.
    if (first_look) owed.first = counts;
    // Some of what was open then was answered since: every look can only make the beginning more exact.
    owed.first.unanswered = std::min(owed.first.unanswered, counts.unanswered - owed.logged_unanswered - owed.reported);
    const std::int64_t failed = counts.failed - owed.first.failed - owed.logged_failed;
    const std::int64_t unanswered = counts.unanswered - counts.open - owed.first.unanswered - owed.logged_unanswered;
    const std::int64_t missing = std::max(failed, unanswered) - owed.reported;
    const std::int64_t sure = std::min(missing, owed.last);
    owed.last = missing;
    if (sure <= 0) continue;
    owed.reported += sure;
    owed.last -= sure;
    TallyOf(server).by_status[kServerCutStatus] += static_cast<std::uint64_t>(sure);
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
