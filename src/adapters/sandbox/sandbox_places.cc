// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/sandbox_places.h"

#include <poll.h>

#include <algorithm>

#include "adapters/files/file_lock.h"
#include "adapters/files/files.h"
#include "adapters/sandbox/containers/work.h"
#include "adapters/sandbox/inside/message.h"
#include "adapters/sandbox/record/byte_text.h"
#include "adapters/sandbox/record/place_record.h"
#include "adapters/sandbox/record/report_file.h"
#include "adapters/sandbox/record/spec_file.h"
#include "adapters/sandbox/supervisor/lookers.h"
#include "adapters/sandbox/supervisor/place_plan.h"
#include "adapters/sandbox/supervisor/place_supervisor.h"
#include "adapters/supervise/cgroup.h"
#include "adapters/supervise/children.h"
#include "adapters/supervise/json_server.h"
#include "adapters/supervise/process.h"
#include "adapters/supervise/spawn.h"

namespace tuesday::sandbox {
namespace {

using supervise::BootNow;

constexpr Duration kOpenPatience = std::chrono::seconds(60);
constexpr Duration kCallPatience = std::chrono::seconds(30);
constexpr Duration kQuestionCallPatience = std::chrono::seconds(130);
constexpr Duration kClosePatience = std::chrono::seconds(120);  // Removing a million files takes a while.
constexpr Duration kDyingPatience = std::chrono::seconds(2);
constexpr int kWaitMs = 5;
constexpr int kExitLost = 137;
constexpr std::size_t kReadyBytesMax = 64 << 10;
constexpr const char* kLost = "Its supervisor was lost, and everything in the place with it.";

std::string_view SignalWord(StepSignal signal) {
  if (signal == StepSignal::kInterrupt) return "interrupt";
  return signal == StepSignal::kTerminate ? "terminate" : "kill";
}

Error NotOpen(const PlaceFolder& folder) {
  if (!files::Exists(folder.path)) return {ErrorCode::kNotFound, "There is no place '" + folder.path + "'.", ""};
  return {ErrorCode::kConflict, "The place '" + folder.path + "' is not open.", ""};
}

// Until there is a line, or nobody will write one any more.
Result<void> AwaitReady(int pipe, const std::string& log_path) {
  const Instant deadline = BootNow() + kOpenPatience;
  std::string line;
  while (!line.ends_with('\n') && line.size() < kReadyBytesMax) {
    pollfd polled{pipe, POLLIN, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - BootNow()).count();
    if (left <= 0 || ::poll(&polled, 1, static_cast<int>(left)) <= 0) {
      return Fail(ErrorCode::kUnavailable, "The place does not open in time.", "Look into " + log_path + ".");
    }
    char buffer[4096];
    const ssize_t got = ::read(pipe, buffer, sizeof buffer);
    if (got == 0) return Fail(ErrorCode::kUnavailable, "The place's supervisor ended at once.", "Look into " + log_path + ".");
    if (got > 0) line.append(buffer, static_cast<std::size_t>(got));
  }
  TRY(const Json answer, ParseJson(line));
  if (answer.At("error").is_null()) return {};
  return std::unexpected(supervise::ErrorFromAnswer(answer.At("error")));
}

}  // namespace

SandboxPlaces::SandboxPlaces(Settings settings)
    : settings_(std::move(settings)), places_folder_(settings_.state_folder + "/places") {}

Result<void> SandboxPlaces::Open(const PlaceSpec& spec) {
  if (!IsPlainId(spec.id.str())) return Fail(ErrorCode::kInvalid, "'" + spec.id.str() + "' is no name of a place.");
  {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [&] { return !opening_.contains(spec.id); });
    opening_.insert(spec.id);
  }
  const Result<void> opened = OpenNew(spec, FolderOf(spec.id));
  const std::lock_guard lock(mutex_);
  opening_.erase(spec.id);
  opened_.notify_all();
  return opened;
}

Result<void> SandboxPlaces::OpenNew(const PlaceSpec& spec, const PlaceFolder& folder) {
  // A daemon before us may have begun it: its supervisor goes on alone.
  const Instant deadline = BootNow() + kOpenPatience;
  while (!files::Exists(folder.record()) && files::FileLock::IsHeld(folder.lock()) && BootNow() < deadline) {
    ::poll(nullptr, 0, kWaitMs);
  }
  if (files::Exists(folder.record())) return {};
  if (files::NamesIn(places_folder_).size() >= kPlacesMax) {
    return Fail(ErrorCode::kLimit, "There are " + std::to_string(kPlacesMax) + " places already.",
                "Forget runs that nobody needs.");
  }
  TRY_OK(CheckSpec(spec));
  const PlaceFolder before = FolderOf(spec.continues);
  // Somebody may have died while this one was made: what it had taken goes back first.
  if (!spec.continues.empty()) TRY_OK(TakeOver(folder, before));
  TRY_OK(files::RemoveTree(folder.path));
  TRY_OK(files::MakeFolders(places_folder_, 0711));
  TRY_OK(files::MakeFolders(folder.path, 0700));
  Result<void> opened = WriteSpec(folder, spec);
  if (opened.has_value() && !spec.continues.empty()) opened = TakeOver(before, folder);
  if (opened.has_value()) opened = StartSupervisor(spec, folder);
  if (!opened.has_value() && !spec.continues.empty()) TRY_OK(TakeOver(folder, before));
  // A place that never opened leaves nothing; it can be asked for again.
  if (!opened.has_value()) static_cast<void>(files::RemoveTree(folder.path));
  return opened;
}

// Moves what a place's job wrote, where it is and the other place has none.
Result<void> SandboxPlaces::TakeOver(const PlaceFolder& from, const PlaceFolder& to) const {
  if (files::FileLock::IsHeld(from.lock())) return Fail(ErrorCode::kConflict, "The place '" + from.path + "' is open.");
  for (const auto& [old_path, new_path] :
       {std::pair(from.work(), to.work()), {from.home(), to.home()}, {from.temp(), to.temp()}}) {
    if (!files::Exists(old_path) || files::Exists(new_path) || !files::Exists(to.path)) continue;
    if (::rename(old_path.c_str(), new_path.c_str()) != 0)
      return std::unexpected(files::SystemError("cannot take over", old_path, errno));
  }
  return {};
}

Result<void> SandboxPlaces::DropFiles(const PlaceId& place) {
  const PlaceFolder folder = FolderOf(place);
  if (files::FileLock::IsHeld(folder.lock())) return Fail(ErrorCode::kConflict, "The place '" + place.str() + "' is open.");
  for (const std::string& path : {folder.work(), folder.home(), folder.temp()}) TRY_OK(files::RemoveTree(path));
  return {};
}

Result<void> SandboxPlaces::StartSupervisor(const PlaceSpec& spec, const PlaceFolder& folder) {
  TRY(supervise::OutputPipe ready, supervise::MakeOutputPipe());
  TRY(const files::Fd masks, MakePayload(spec.masks));
  supervise::SpawnPlan plan;
  plan.argv = settings_.supervise_argv;
  plan.argv.push_back(folder.path);
  plan.environment = supervise::OwnEnvironment();
  plan.working_folder = "/";
  plan.descriptors = {{kReadyDescriptor, ready.child_end.get()}, {kMasksDescriptor, masks.get()}};
  TRY(const supervise::Process supervisor, supervise::SpawnDetached(plan, folder.supervisor_log()));
  ready.child_end.Close();
  Result<void> opened = AwaitReady(ready.ours.get(), folder.supervisor_log());
  if (!opened.has_value() && supervise::IsAlive(supervisor)) supervise::KillGroupOf(supervisor);
  return opened;
}

// Null: no more connections are kept.
std::shared_ptr<supervise::Caller> SandboxPlaces::CallerOf(const PlaceId& place) const {
  const std::lock_guard lock(mutex_);
  const auto found = callers_.find(place);
  if (found != callers_.end()) return found->second;
  if (callers_.size() >= kCallersMax) return nullptr;
  return callers_.emplace(place, std::make_shared<supervise::Caller>(FolderOf(place).socket())).first->second;
}

Result<Json> SandboxPlaces::Ask(const PlaceId& place, const Json::Object& request, Duration patience) const {
  if (!IsPlainId(place.str())) return Fail(ErrorCode::kNotFound, "'" + place.str() + "' is no name of a place.");
  const PlaceFolder folder = FolderOf(place);
  const Instant give_up = BootNow() + patience + kDyingPatience;
  const std::shared_ptr<supervise::Caller> caller = CallerOf(place);
  for (Instant deadline;; ::poll(nullptr, 0, kWaitMs)) {
    Result<Json> answer =
        caller != nullptr ? caller->Call(request, patience) : supervise::Call(folder.socket(), request, patience);
    if (answer.has_value() || answer.error().code != ErrorCode::kUnavailable) return answer;
    if (!files::FileLock::IsHeld(folder.lock())) return std::unexpected(NotOpen(folder));
    // It begins, or it ends: both are over soon. Every request may be made twice.
    if (deadline == Instant()) deadline = std::min(give_up, BootNow() + kDyingPatience);
    if (BootNow() >= deadline) return answer;
  }
}

Result<void> SandboxPlaces::Start(const PlaceId& place, const StepOrder& step) {
  TRY_OK(Ask(place, {{"do", "start"}, {"step", OrderToJson(step)}}, kCallPatience));
  return {};
}

Result<void> SandboxPlaces::Signal(const PlaceId& place, const std::string& step, StepSignal signal) {
  TRY_OK(Ask(place, {{"do", "signal"}, {"step", step}, {"signal", SignalWord(signal)}}, kCallPatience));
  return {};
}

Result<PlaceView> SandboxPlaces::Look(const PlaceId& place, int seen, Duration patience) {
  const PlaceFolder folder = FolderOf(place);
  const std::int64_t patience_ns = std::max(patience, Duration::zero()).count();
  const Result<Json> answer =
      Ask(place, {{"do", "look"}, {"seen", seen}, {"patience_ns", patience_ns}}, patience + kCallPatience);
  if (!answer.has_value() && answer.error().code == ErrorCode::kConflict) return LookOnDisk(folder, seen);
  if (!answer.has_value()) return std::unexpected(answer.error());
  View told = ViewFromJson(*answer);
  PlaceView view{.phase = told.phase, .message = std::move(told.message), .running = std::move(told.running), .reports = {}};
  for (const ReportSpan& span : told.reports) {
    TRY(StepReport report, ReadReport(folder, span));
    view.reports.push_back(std::move(report));
  }
  return view;
}

Result<PlaceView> SandboxPlaces::LookOnDisk(const PlaceFolder& folder, int seen) const {
  TRY(const std::optional<PlaceRecord> record, ReadPlaceRecord(folder));
  if (!record) return Fail(ErrorCode::kNotFound, "The place '" + folder.path + "' never opened.");
  PlaceView view{.phase = record->phase, .message = record->message, .running = {}, .reports = {}};
  if (record->phase == PlacePhase::kOpen) {
    view.phase = PlacePhase::kLost;
    view.message = kLost;
    // Who would have removed them may have been killed with it.
    if (files::Exists(folder.commands())) static_cast<void>(RemoveContainersOf(folder));
  }
  TRY(KnownSteps known, ReadSteps(folder));
  view.reports = std::move(known.reports);
  for (const BegunStep& begun : known.begun) {
    StepReport lost;
    lost.id = begun.id;
    lost.ordinal = begun.ordinal;
    lost.end = StepEnd::kLost;
    lost.exit_code = kExitLost;
    lost.problem = view.message;
    lost.began = begun.began;
    lost.ended = begun.began;  // Nobody saw when.
    view.reports.push_back(std::move(lost));
  }
  const auto known_before = std::clamp<std::ptrdiff_t>(seen, 0, std::ssize(view.reports));
  view.reports.erase(view.reports.begin(), view.reports.begin() + known_before);
  return view;
}

Result<std::string> SandboxPlaces::HashFiles(const PlaceId& place, const std::vector<std::string>& patterns) {
  TRY(const Json answer, Ask(place, {{"do", "hash"}, {"patterns", StringsToJson(patterns)}}, kQuestionCallPatience));
  return DecodeBytes(answer.At("bytes").StringOr(""));
}

Result<std::string> SandboxPlaces::ReadFile(const PlaceId& place, const std::string& path, std::size_t bytes_max) {
  TRY(const Json answer,
      Ask(place, {{"do", "read"}, {"path", path}, {"bytes_max", static_cast<std::int64_t>(bytes_max)}}, kQuestionCallPatience));
  return DecodeBytes(answer.At("bytes").StringOr(""));
}

Result<void> SandboxPlaces::Close(const PlaceId& place) {
  const PlaceFolder folder = FolderOf(place);
  const Result<Json> answer = Ask(place, {{"do", "close"}}, kClosePatience);
  {
    const std::lock_guard lock(mutex_);
    callers_.erase(place);
  }
  if (!answer.has_value() && answer.error().code == ErrorCode::kNotFound) return {};
  if (!answer.has_value() && answer.error().code != ErrorCode::kConflict) return std::unexpected(answer.error());
  // The supervisor's last act is to let the lock go.
  const Instant deadline = BootNow() + kCallPatience;
  while (files::FileLock::IsHeld(folder.lock()) && BootNow() < deadline) ::poll(nullptr, 0, 1);
  return answer.has_value() ? Result<void>() : CloseLost(folder);
}

// What a lost place left is ours to end and to remove.
Result<void> SandboxPlaces::CloseLost(const PlaceFolder& folder) {
  TRY(const files::FileLock lock, files::FileLock::Acquire(folder.lock()));
  TRY(const std::optional<PlaceRecord> record, ReadPlaceRecord(folder));
  if (!record || record->phase == PlacePhase::kClosed) return {};
  if (files::Exists(folder.commands())) static_cast<void>(RemoveContainersOf(folder));
  if (record->boot_id == supervise::BootId()) {
    supervise::KillGroups(record->groups);
    supervise::RemoveGroups(record->groups);
  }
  if (const Result<PlaceSpec> spec = ReadSpec(folder); spec.has_value()) RemoveOwnFolders(folder, *spec);
  PlaceRecord closed = *record;
  closed.message = record->phase == PlacePhase::kOpen ? kLost : record->message;
  closed.phase = PlacePhase::kClosed;
  return WritePlaceRecord(folder, closed);
}

Result<void> SandboxPlaces::Forget(const PlaceId& place) {
  if (!IsPlainId(place.str())) return {};
  const PlaceFolder folder = FolderOf(place);
  if (!files::Exists(folder.path)) return {};
  if (files::FileLock::IsHeld(folder.lock())) return Fail(ErrorCode::kConflict, "The place '" + place.str() + "' is open.");
  // One that was lost and never closed may have given somebody's workspace away.
  TRY_OK(CloseLost(folder));
  return files::RemoveTree(folder.path);
}

void SandboxPlaces::RemoveLeftContainers() const {
  for (const PlaceId& place : Known()) {
    if (files::Exists(FolderOf(place).commands())) return sandbox::RemoveLeftContainers(places_folder_);
  }
}

std::vector<PlaceId> SandboxPlaces::Known() const {
  std::vector<PlaceId> known;
  for (const std::string& name : files::NamesIn(places_folder_)) known.emplace_back(name);
  return known;
}

}  // namespace tuesday::sandbox
