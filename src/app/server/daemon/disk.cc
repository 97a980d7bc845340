// SPDX-License-Identifier: Apache-2.0
#include "app/server/daemon/disk.h"

#include <cmath>
#include <filesystem>

#include "app/server/daemon/own_metrics.h"

namespace tuesday::server {
namespace {

namespace fs = std::filesystem;

// Sizes of the files below `folder`; with `only_logs` of those whose name begins with "log" or ends with it.
std::uint64_t TreeBytes(const std::string& folder, bool only_logs) {
  std::uint64_t bytes = 0;
  std::error_code error;
  std::size_t looked = 0;
  for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end && looked < kDiskEntriesMax; it.increment(error), ++looked) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored) || it->is_symlink(ignored)) continue;
    const std::string name = it->path().filename().string();
    if (only_logs && !name.starts_with("log") && !name.ends_with("log")) continue;
    const std::uintmax_t size = it->file_size(ignored);
    if (!ignored) bytes += size;
  }
  return bytes;
}

}  // namespace

DiskUse MeasureDisk(const std::string& state_folder) {
  DiskUse use;
  for (const char* file : {"/tuesday.db", "/tuesday.db-wal"}) use.database += FileBytes(state_folder + file);
  use.metrics = TreeBytes(state_folder + "/metrics", false);
  use.blobs = TreeBytes(state_folder + "/blobs", false);
  use.logs = TreeBytes(state_folder + "/logs", false) + TreeBytes(state_folder + "/instances", true);
  return use;
}

void DiskHistory::Take(std::uint64_t total_bytes, WallTime at) {
  // The wall clock went back: what was taken after now never was.
  std::erase_if(kept_, [&](const Sample& sample) { return sample.at > at; });
  newest_ = Sample{at, total_bytes};
  if (!kept_.empty() && at - kept_.back().at < kDiskSampleInterval) return;
  kept_.push_back(*newest_);
  while (kept_.size() > kDiskSamplesMax) kept_.pop_front();
}

std::optional<std::int64_t> DiskHistory::GrowthPerDay() const {
  if (!newest_.has_value() || kept_.empty()) return std::nullopt;
  const Duration known = newest_->at - kept_.front().at;
  if (known < kGrowthTimeMin) return std::nullopt;
  const double days = std::chrono::duration<double>(known) / std::chrono::hours(24);
  return std::llround((static_cast<double>(newest_->total) - static_cast<double>(kept_.front().total)) / days);
}

std::string DiskHistory::Encode() const {
  Json::Array samples;
  for (const Sample& sample : kept_)
    samples.emplace_back(Json::Object{{"at", WallText(sample.at)}, {"total_bytes", sample.total}});
  return CanonicalJson(Json(Json::Object{{"format", 1}, {"samples", std::move(samples)}})) + "\n";
}

DiskHistory DiskHistory::Decode(std::string_view text) {
  DiskHistory history;
  const Result<Json> json = ParseJson(text);
  const Json::Array* samples = json.has_value() ? json->At("samples").as_array() : nullptr;
  if (samples == nullptr || samples->size() > kDiskSamplesMax) return history;
  for (const Json& sample : *samples) {
    const Result<WallTime> at = ParseWall(sample.At("at").StringOr(""));
    const std::int64_t total = sample.At("total_bytes").IntOr(-1);
    if (!at.has_value() || total < 0 || (!history.kept_.empty() && *at <= history.kept_.back().at)) return DiskHistory();
    history.kept_.push_back({*at, static_cast<std::uint64_t>(total)});
  }
  if (!history.kept_.empty()) history.newest_ = history.kept_.back();
  return history;
}

}  // namespace tuesday::server
