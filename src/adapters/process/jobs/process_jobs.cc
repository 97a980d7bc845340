// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/jobs/process_jobs.h"

#include <algorithm>

#include "adapters/files/file_lock.h"
#include "adapters/files/files.h"
#include "adapters/process/instance/instance_log.h"
#include "adapters/process/instance/spec_file.h"
#include "adapters/supervise/json_server.h"

namespace tuesday::process {
namespace {

using supervise::BootNow;

constexpr Duration kStopCallTimeout = std::chrono::milliseconds(500);
constexpr Duration kSupervisorStartTime = std::chrono::seconds(2);
constexpr std::size_t kIdBytesMax = 200;

bool IsId(const std::string& id) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !id.empty() && id.size() <= kIdBytesMax && id.front() != '.' && std::ranges::all_of(id, is_plain);
}

InstanceSpec SpecOf(const JobSpec& job, const ProcessJobs::Settings& settings) {
  InstanceSpec spec;
  spec.instance = InstanceId(job.id.str());
  spec.rollout = job.rollout;
  spec.uid = Uid("job");
  spec.revision = RevisionId("job");
  spec.generation = {1};
  spec.command = job.command;
  spec.args = job.args;
  spec.working_dir = job.working_dir;
  spec.environment = job.environment;
  spec.resources = job.resources;
  spec.grace = job.grace;
  spec.user = settings.user;
  spec.policy.log_bytes_max = kJobLogBytesMax;
  return spec;
}

}  // namespace

ProcessJobs::ProcessJobs(Settings settings, ArtifactStore& artifacts)
    : settings_(std::move(settings)), jobs_folder_(settings_.state_folder + "/jobs"), artifacts_(artifacts) {}

Result<void> ProcessJobs::Start(const JobSpec& job) {
  if (!IsId(job.id.str())) return Fail(ErrorCode::kInvalid, "'" + job.id.str() + "' is no name of a job.");
  const std::lock_guard lock(mutex_);
  const JobFolder folder = FolderOf(job.id.str());
  // `spec` is written last: where it is, the job is whole.
  if (!files::Exists(folder.spec())) {
    if (files::NamesIn(jobs_folder_).size() >= kJobsMax)
      return Fail(ErrorCode::kLimit, "There are " + std::to_string(kJobsMax) + " jobs already.");
    InstanceSpec spec = SpecOf(job, settings_);
    if (!job.artifact.empty()) {
      TRY(spec.artifact_folder, artifacts_.PathOf(job.artifact));
    }
    TRY_OK(files::MakeFolders(jobs_folder_, 0711));
    TRY_OK(files::MakeFolders(folder.path, 0700));
    TRY_OK(WritePlan(folder, {job.backoff_limit, job.deadline, settings_.back_off_first}));
    TRY_OK(WriteSpecFile(folder, spec));
    TRY_OK(files::SyncFolder(jobs_folder_));
  }
  TRY(const std::optional<JobRecord> record, ReadJobRecord(folder));
  if (record && record->phase != JobPhase::kRunning) return {};
  if (files::FileLock::IsHeld(folder.lock())) return {};
  return StartSupervisor(job.id.str());
}

Result<void> ProcessJobs::StartSupervisor(const std::string& id) {
  const auto before = started_.find(id);
  if (before != started_.end() && BootNow() - before->second < kSupervisorStartTime) return {};
  started_[id] = BootNow();
  const JobFolder folder = FolderOf(id);
  supervise::SpawnPlan plan;
  plan.argv = settings_.supervise_argv;
  plan.argv.push_back(folder.path);
  plan.environment = supervise::OwnEnvironment();
  plan.working_folder = "/";
  TRY_OK(supervise::SpawnDetached(plan, folder.supervisor_log()));
  return {};
}

Result<void> ProcessJobs::Stop(const std::string& id) {
  const JobFolder folder = FolderOf(id);
  if (!files::Exists(folder.stop())) TRY_OK(files::WriteFileDurably(folder.stop(), "1", 0600));
  // Nobody there is no error: whoever comes next reads the file.
  static_cast<void>(supervise::Call(folder.socket(), {{"do", "stop"}}, kStopCallTimeout));
  return {};
}

void ProcessJobs::Forget(const std::string& id) {
  started_.erase(id);
  static_cast<void>(files::RemoveTree(FolderOf(id).path));  // What could not be removed is tried again by the next look.
}

Result<JobState> ProcessJobs::ObserveOne(const std::string& id) {
  const JobFolder folder = FolderOf(id);
  const bool has_supervisor = files::FileLock::IsHeld(folder.lock());
  TRY(const std::optional<JobRecord> record, ReadJobRecord(folder));
  JobState state;
  state.id = JobId(id);
  if (record) {
    state.phase = record->phase;
    state.exit_code = record->exit_code;
    state.tries = record->tries;
    state.message = record->message;
  }
  if (state.phase == JobPhase::kRunning && !has_supervisor) {
    if (const auto started = StartSupervisor(id); !started.has_value()) state.message = ErrorText(started.error());
  }
  if (const auto lines = LastLines(folder, 1); !lines.empty()) state.last_line = lines.back();
  return state;
}

Result<std::vector<JobState>> ProcessJobs::Observe() {
  const std::lock_guard lock(mutex_);
  std::vector<JobState> states;
  for (const std::string& id : files::NamesIn(jobs_folder_)) {
    const JobFolder folder = FolderOf(id);
    if (!files::Exists(folder.spec())) continue;  // Begun and not whole: whoever asks for it again makes it so.
    Result<JobState> state = ObserveOne(id);
    const bool runs = files::FileLock::IsHeld(folder.lock());
    if (files::Exists(folder.forget())) {
      if (!runs && (!state.has_value() || state->phase != JobPhase::kRunning)) Forget(id);
      continue;
    }
    if (state.has_value()) {
      states.push_back(*std::move(state));
    } else {
      // Its record is damaged: nobody can say how it ended, and running it again would be a second time.
      states.push_back(
          {.id = JobId(id), .phase = JobPhase::kFailed, .exit_code = 1, .last_line = "", .message = ErrorText(state.error())});
    }
  }
  return states;
}

Result<void> ProcessJobs::Keep(const JobsTarget& target) {
  const std::lock_guard lock(mutex_);
  for (const std::string& id : files::NamesIn(jobs_folder_)) {
    if (target.running.contains(JobId(id))) continue;
    const JobFolder folder = FolderOf(id);
    const bool is_kept = target.kept.contains(JobId(id));
    if (!is_kept && target.spares_others) continue;
    const bool runs = files::FileLock::IsHeld(folder.lock());
    const Result<std::optional<JobRecord>> record = ReadJobRecord(folder);
    const bool has_ended = record.has_value() && *record && (*record)->phase != JobPhase::kRunning;
    if (!is_kept && !runs && (has_ended || !files::Exists(folder.spec()))) {
      Forget(id);
      continue;
    }
    if (!is_kept) TRY_OK(files::WriteFileDurably(folder.forget(), "1", 0600));
    if (has_ended) continue;
    TRY_OK(Stop(id));
    // One without a supervisor gets one: it ends what is left of the last try and writes the end.
    if (!runs) TRY_OK(StartSupervisor(id));
  }
  return {};
}

}  // namespace tuesday::process
