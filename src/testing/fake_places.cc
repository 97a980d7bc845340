// SPDX-License-Identifier: Apache-2.0
#include "testing/fake_places.h"

#include <algorithm>
#include <cstdlib>

#include "base/digest.h"

namespace tuesday::testing {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr int kExitNotStarted = 127;

std::string Unquoted(std::string text) {
  std::erase_if(text, [](char c) { return c == '"' || c == '\''; });
  return text;
}

void Set(Pairs& pairs, const std::string& name, const std::string& value) {
  std::erase_if(pairs, [&](const auto& pair) { return pair.first == name; });
  pairs.emplace_back(name, value);
}

// `echo k=v >> "$GITHUB_OUTPUT"`.
void WriteTo(const std::string& file, const std::string& text, StepReport& report) {
  if (file == "GITHUB_STEP_SUMMARY") report.summary += text + "\n";
  if (file == "GITHUB_PATH") report.path.push_back(text);
  const std::size_t equals = text.find('=');
  const bool is_pairs = file == "GITHUB_OUTPUT" || file == "GITHUB_ENV" || file == "GITHUB_STATE";
  if (is_pairs && equals == std::string::npos) report.problem = "Invalid format '" + text + "'";
  if (!is_pairs || equals == std::string::npos) return;
  Pairs& pairs = file == "GITHUB_OUTPUT" ? report.outputs : file == "GITHUB_ENV" ? report.environment : report.state;
  Set(pairs, text.substr(0, equals), text.substr(equals + 1));
}

void Echo(const std::string& words, ScriptedStep& script) {
  const std::size_t arrow = words.find(" >> ");
  if (arrow == std::string::npos) return script.log.push_back(Unquoted(words));
  std::string file = Unquoted(words.substr(arrow + 4));
  std::erase(file, '$');
  WriteTo(file, Unquoted(words.substr(0, arrow)), script.report);
}

// False when nothing after it is done.
bool DoLine(const std::string& line, ScriptedStep& script) {
  const std::size_t space = line.find(' ');
  const std::string word = line.substr(0, space);
  const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
  if (word == "echo") Echo(rest, script);
  if (word == "trap") script.ignores_signals = true;
  if (word == "sleep") {
    script.length += std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::atof(rest.c_str())));
  }
  if (word != "exit" && word != "false") return true;
  script.report.exit_code = word == "false" ? 1 : std::atoi(rest.c_str());
  return false;
}

int ExitCodeOf(StepSignal signal) {
  if (signal == StepSignal::kInterrupt) return 130;
  return signal == StepSignal::kTerminate ? 143 : 137;
}

bool MatchesPlainly(const std::string& pattern, const std::string& path) {
  if (pattern.ends_with('*')) return path.starts_with(pattern.substr(0, pattern.find('*')));
  return pattern == path;
}

}  // namespace

ScriptedStep ScriptOf(const StepOrder& order) {
  ScriptedStep script;
  if (!order.argv.empty() && order.argv.front().starts_with("/no/such")) {
    script.report.end = StepEnd::kNotStarted;
    script.report.exit_code = kExitNotStarted;
    script.report.problem = "cannot run '" + order.argv.front() + "': No such file or directory";
    return script;
  }
  for (std::size_t begin = 0; begin < order.script.size();) {
    const std::size_t end = std::min(order.script.find('\n', begin), order.script.size());
    if (!DoLine(order.script.substr(begin, end - begin), script)) break;
    begin = end + 1;
  }
  return script;
}

Result<void> FakePlaces::Open(const PlaceSpec& spec) {
  if (open_error_) return std::unexpected(*open_error_);
  if (places_.contains(spec.id)) return {};
  Place& place = places_[spec.id];
  place.spec = spec;
  place.opened = clock_.Now();
  return {};
}

Result<FakePlaces::Place*> FakePlaces::FindOpen(const PlaceId& id) {
  const auto found = places_.find(id);
  if (found == places_.end()) return Fail(ErrorCode::kNotFound, "There is no place '" + id.str() + "'.");
  LetPass(found->second);
  if (found->second.phase != PlacePhase::kOpen) return Fail(ErrorCode::kConflict, "The place '" + id.str() + "' is not open.");
  return &found->second;
}

Result<void> FakePlaces::Start(const PlaceId& id, const StepOrder& order) {
  if (const auto known = places_.find(id); known != places_.end() && known->second.steps.contains(order.id)) return {};
  TRY(Place * place, FindOpen(id));
  const auto runs = std::ranges::count_if(place->steps, [](const auto& one) { return !one.second.report; });
  if (runs >= kStepsAtOnceMax) return Fail(ErrorCode::kLimit, "Too many steps run in the place '" + id.str() + "'.");
  ++begun_[id.str() + "/" + order.id];
  Step& step = place->steps[order.id];
  step = {order, play_(place->spec, order), clock_.Now(), {}, clock_.Wall(), {}};
  step.ends = step.begun + step.script.length;
  if (step.script.report.end == StepEnd::kNotStarted) End(step, StepEnd::kNotStarted, step.script.report.exit_code);
  return {};
}

void FakePlaces::End(Step& step, StepEnd end, int exit_code, std::string problem) {
  StepReport report = step.script.report;
  report.id = step.order.id;
  report.ordinal = step.order.ordinal;
  report.end = end;
  report.exit_code = exit_code;
  if (!problem.empty()) report.problem = std::move(problem);
  report.began = step.began;
  report.ended = clock_.Wall();
  step.report = std::move(report);
  step.place_in_order = ++ended_;
}

void FakePlaces::LetPass(Place& place) {
  if (place.phase != PlacePhase::kOpen) return;
  const Instant now = clock_.Now();
  for (auto& [id, step] : place.steps) {
    if (step.report) continue;
    const bool is_late = step.order.timeout && step.begun + *step.order.timeout < step.ends;
    if (is_late && step.begun + *step.order.timeout <= now) {
      End(step, StepEnd::kTimedOut, step.script.ignores_signals ? 137 : 130);
    } else if (step.ends <= now) {
      End(step, step.script.report.end, step.script.report.exit_code);
    }
  }
  if (place.opened + place.spec.time_max <= now) {
    Stop(place, PlacePhase::kClosed, StepEnd::kTimedOut, "It was ended after its longest time.");
  }
}

void FakePlaces::Stop(Place& place, PlacePhase phase, StepEnd end, std::string message) {
  for (auto& [id, step] : place.steps) {
    if (!step.report) End(step, end, 137, message);
  }
  place.phase = phase;
  place.message = std::move(message);
}

Result<void> FakePlaces::Signal(const PlaceId& id, const std::string& name, StepSignal signal) {
  TRY(Place * place, FindOpen(id));
  const auto found = place->steps.find(name);
  if (found == place->steps.end()) return Fail(ErrorCode::kNotFound, "There is no step '" + name + "'.");
  Step& step = found->second;
  if (step.report || (step.script.ignores_signals && signal != StepSignal::kKill)) return {};
  End(step, StepEnd::kExited, ExitCodeOf(signal));
  return {};
}

Result<PlaceView> FakePlaces::Look(const PlaceId& id, int seen, Duration) {
  const auto found = places_.find(id);
  if (found == places_.end()) return Fail(ErrorCode::kNotFound, "There is no place '" + id.str() + "'.");
  LetPass(found->second);
  PlaceView view{.phase = found->second.phase, .message = found->second.message, .running = {}, .reports = {}};
  for (const auto& [name, step] : found->second.steps) {
    if (!step.report) {
      view.running.push_back(name);
    } else {
      view.reports.push_back(*step.report);
    }
  }
  std::ranges::sort(view.reports, {},
                    [&](const StepReport& report) { return found->second.steps.at(report.id).place_in_order; });
  view.reports.erase(view.reports.begin(), view.reports.begin() + std::min<std::ptrdiff_t>(seen, std::ssize(view.reports)));
  return view;
}

Result<std::string> FakePlaces::HashFiles(const PlaceId& id, const std::vector<std::string>& patterns) {
  TRY(const Place* place, FindOpen(id));
  std::string all;
  for (const auto& [path, bytes] : place->files) {
    const std::string root = place->spec.workspace + "/";
    if (!path.starts_with(root)) continue;
    const auto matches = [&](const std::string& pattern) { return MatchesPlainly(pattern, path.substr(root.size())); };
    if (std::ranges::any_of(patterns, matches)) all += Sha256Hex(bytes);
  }
  return all.empty() ? "" : Sha256Hex(all);
}

Result<std::string> FakePlaces::ReadFile(const PlaceId& id, const std::string& path, std::size_t bytes_max) {
  TRY(const Place* place, FindOpen(id));
  const auto file = place->files.find(path);
  if (file == place->files.end()) return Fail(ErrorCode::kNotFound, "There is no file '" + path + "' in the place.");
  if (file->second.size() > bytes_max) return Fail(ErrorCode::kLimit, "The file '" + path + "' is too large.");
  return file->second;
}

Result<void> FakePlaces::Close(const PlaceId& id) {
  const auto found = places_.find(id);
  if (found == places_.end()) return {};
  LetPass(found->second);
  if (found->second.phase != PlacePhase::kClosed) Stop(found->second, PlacePhase::kClosed, StepEnd::kLost, "It was closed.");
  return {};
}

Result<void> FakePlaces::Forget(const PlaceId& id) {
  const auto found = places_.find(id);
  if (found == places_.end()) return {};
  LetPass(found->second);
  if (found->second.phase == PlacePhase::kOpen) return Fail(ErrorCode::kConflict, "The place '" + id.str() + "' is open.");
  places_.erase(found);
  return {};
}

void FakePlaces::Lose(const PlaceId& id, std::string message) {
  const auto found = places_.find(id);
  if (found == places_.end()) return;
  LetPass(found->second);
  if (found->second.phase == PlacePhase::kOpen) {
    Stop(found->second, PlacePhase::kLost, StepEnd::kLost, std::move(message));
  }
}

void FakePlaces::Reboot() {
  for (auto& [id, place] : places_) {
    if (place.phase == PlacePhase::kOpen) Stop(place, PlacePhase::kLost, StepEnd::kLost, "The machine was started again.");
  }
}

void FakePlaces::PutFile(const PlaceId& id, const std::string& path, std::string bytes) {
  const auto found = places_.find(id);
  if (found != places_.end()) found->second.files[path] = std::move(bytes);
}

std::optional<Instant> FakePlaces::NextEnd() const {
  std::optional<Instant> next;
  const auto take = [&next](Instant instant) { next = next ? std::min(*next, instant) : instant; };
  for (const auto& [id, place] : places_) {
    if (place.phase != PlacePhase::kOpen) continue;
    take(place.opened + place.spec.time_max);
    for (const auto& [name, step] : place.steps) {
      if (step.report) continue;
      take(step.ends);
      if (step.order.timeout) take(step.begun + *step.order.timeout);
    }
  }
  return next;
}

const PlaceSpec* FakePlaces::Find(const PlaceId& id) const {
  const auto found = places_.find(id);
  return found == places_.end() ? nullptr : &found->second.spec;
}

const StepOrder* FakePlaces::FindOrder(const PlaceId& id, const std::string& name) const {
  const auto found = places_.find(id);
  if (found == places_.end()) return nullptr;
  const auto step = found->second.steps.find(name);
  return step == found->second.steps.end() ? nullptr : &step->second.order;
}

std::set<PlaceId> FakePlaces::open() const {
  std::set<PlaceId> ids;
  for (const auto& [id, place] : places_) {
    if (place.phase == PlacePhase::kOpen) ids.insert(id);
  }
  return ids;
}

std::vector<std::string> FakePlaces::Log(const PlaceId& id, int ordinal) const {
  const auto found = places_.find(id);
  if (found == places_.end()) return {};
  for (const auto& [name, step] : found->second.steps) {
    if (step.order.ordinal == ordinal) return step.script.log;
  }
  return {};
}

}  // namespace tuesday::testing
