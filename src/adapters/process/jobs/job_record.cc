// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/jobs/job_record.h"

#include "adapters/files/files.h"

namespace tuesday::process {
namespace {

constexpr int kFormat = 1;
constexpr std::size_t kBytesMax = 64 << 10;

std::string_view PhaseWord(JobPhase phase) {
  if (phase == JobPhase::kSucceeded) return "succeeded";
  return phase == JobPhase::kFailed ? "failed" : "running";
}

Result<Json> ReadJson(const std::string& path) {
  TRY(const std::string text, files::ReadFile(path, kBytesMax));
  const Result<Json> json = ParseJson(text);
  if (!json.has_value() || json->At("format").IntOr(0) != kFormat)
    return Fail(ErrorCode::kCorrupt, "The file '" + path + "' does not read back.");
  return json;
}

std::int64_t Ns(Duration duration) { return duration.count(); }

}  // namespace

Result<void> WritePlan(const JobFolder& folder, const JobPlan& plan) {
  Json::Object json{{"format", kFormat}, {"backoff_limit", plan.backoff_limit}, {"back_off_first_ns", Ns(plan.back_off_first)}};
  if (plan.deadline) json.insert_or_assign("deadline_ns", Ns(*plan.deadline));
  return files::WriteFileDurably(folder.job(), CanonicalJson(std::move(json)), 0600);
}

Result<JobPlan> ReadPlan(const JobFolder& folder) {
  TRY(const Json json, ReadJson(folder.job()));
  JobPlan plan;
  plan.backoff_limit = static_cast<int>(json.At("backoff_limit").IntOr(0));
  plan.back_off_first = Duration(json.At("back_off_first_ns").IntOr(Ns(kJobBackOffFirst)));
  if (!json.At("deadline_ns").is_null()) plan.deadline = Duration(json.At("deadline_ns").IntOr(0));
  return plan;
}

Result<void> WriteJobRecord(const JobFolder& folder, const JobRecord& record) {
  Json::Array groups;
  for (const std::string& group : record.groups) groups.emplace_back(group);
  const Json::Object json{{"format", kFormat},
                          {"phase", PhaseWord(record.phase)},
                          {"exit", record.exit_code},
                          {"tries", record.tries},
                          {"message", record.message},
                          {"boot_id", record.boot_id},
                          {"begun_ns", record.begun.time_since_epoch().count()},
                          {"pid", static_cast<int>(record.process.pid)},
                          {"start_ticks", record.process.start_ticks},
                          {"groups", std::move(groups)}};
  return files::WriteFileDurably(folder.state(), CanonicalJson(json), 0600);
}

Result<std::optional<JobRecord>> ReadJobRecord(const JobFolder& folder) {
  const Result<Json> json = ReadJson(folder.state());
  if (!json.has_value() && json.error().code == ErrorCode::kNotFound) return std::optional<JobRecord>();
  if (!json.has_value()) return std::unexpected(json.error());
  JobRecord record;
  const std::string phase = json->At("phase").StringOr("");
  record.phase = phase == "succeeded" ? JobPhase::kSucceeded : phase == "failed" ? JobPhase::kFailed : JobPhase::kRunning;
  record.exit_code = static_cast<int>(json->At("exit").IntOr(0));
  record.tries = static_cast<int>(json->At("tries").IntOr(0));
  record.message = json->At("message").StringOr("");
  record.boot_id = json->At("boot_id").StringOr("");
  record.begun = Instant(Duration(json->At("begun_ns").IntOr(0)));
  record.process.pid = static_cast<pid_t>(json->At("pid").IntOr(0));
  record.process.start_ticks = static_cast<std::uint64_t>(json->At("start_ticks").IntOr(0));
  if (const Json::Array* groups = json->At("groups").as_array()) {
    for (const Json& group : *groups) record.groups.push_back(group.StringOr(""));
  }
  return std::optional(std::move(record));
}

}  // namespace tuesday::process
