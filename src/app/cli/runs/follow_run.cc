// SPDX-License-Identifier: Apache-2.0
// Following a run: the daemon tells what changes and which logs grow; their lines are fetched here.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <map>
#include <set>
#include <thread>

#include "app/cli/runs/runs_line.h"
#include "app/cli/workflow/show/printer.h"
#include "core/workflow/progress/view.h"

namespace tuesday::cli {
namespace {

using workflow::Change;
using workflow::ChangeKind;
using workflow::OpenLog;

constexpr auto kReconnectMax = std::chrono::seconds(30);
constexpr auto kReconnectPause = std::chrono::milliseconds(200);

class Follower {
 public:
  Follower(const Globals& globals, const std::string& id)
      : globals_(globals),
        id_(id),
        daemon_(globals),
        printer_(::isatty(STDOUT_FILENO) == 1 ? Colour::kTerminal : Colour::kNever, 0) {}

  // False when there is nothing more to come.
  bool Take(const Json& event) {
    const std::string kind = event.At("kind").StringOr("");
    if (kind == "ended") {
      run_ = event.At("run");
      return false;
    }
    if (kind == "log-grown") {
      Fetch({event.At("leg").StringOr(""), static_cast<int>(event.At("number").IntOr(0))});
      return true;
    }
    if (const Result<Change> change = workflow::ChangeOfJson(event); change.has_value()) Tell(*change);
    return true;
  }

  const Json& run() const { return run_; }

 private:
  // After the daemon was away everything is told again.
  void Tell(const Change& change) {
    const std::string key = fmt::format("{} {} {} {}", static_cast<int>(change.kind), change.leg, change.ordinal, change.name);
    if (!told_.insert(key).second) return;
    const OpenLog log{change.leg, change.ordinal};
    if (change.kind == ChangeKind::kStepEnded && change.ordinal > 0) {
      Fetch(log);
      Flush(log);
    }
    printer_.Told(change);
  }

  void Fetch(const OpenLog& log) {
    Reading& reading = logs_[{log.leg, log.ordinal}];
    while (true) {
      const auto piece = daemon_.GetText(RunPath(
          globals_, id_, fmt::format("/log?leg={}&number={}&offset={}", UrlEscape(log.leg), log.ordinal, reading.offset)));
      if (!piece.has_value() || piece->empty()) return;
      reading.offset += piece->size();
      reading.held += *piece;
      std::size_t begin = 0;
      for (std::size_t end = reading.held.find('\n'); end != std::string::npos; end = reading.held.find('\n', begin)) {
        printer_.Logged(log.leg, log.ordinal, std::string_view(reading.held).substr(begin, end - begin));
        begin = end + 1;
      }
      reading.held.erase(0, begin);
    }
  }

  void Flush(const OpenLog& log) {
    Reading& reading = logs_[{log.leg, log.ordinal}];
    if (!reading.held.empty()) printer_.Logged(log.leg, log.ordinal, reading.held);
    reading.held.clear();
  }

  struct Reading {
    std::size_t offset = 0;
    std::string held;  // A line that has no end yet.
  };

  const Globals& globals_;
  const std::string id_;
  const Daemon daemon_;
  Printer printer_;
  std::set<std::string> told_;
  std::map<std::pair<std::string, int>, Reading> logs_;
  Json run_;
};

Result<Json> Follow(const Globals& globals, const std::string& id) {
  using Steady = std::chrono::steady_clock;
  Follower follower(globals, id);
  bool seen = false;
  Steady::time_point lost_at = Steady::now();
  while (true) {
    const Result<void> watched = Daemon(globals).Watch(RunPath(globals, id, "/watch"), [&](const Json& event) {
      seen = true;
      lost_at = Steady::now();
      return follower.Take(event);
    });
    if (!follower.run().is_null()) return follower.run();
    const bool is_final = !watched.has_value() && watched.error().code != ErrorCode::kUnavailable;
    if (is_final || (!seen && !watched.has_value())) return std::unexpected(watched.error());
    if (Steady::now() - lost_at > kReconnectMax)
      return Fail(ErrorCode::kUnavailable, "The daemon does not answer any more.", "The run goes on when it does.");
    std::this_thread::sleep_for(kReconnectPause);
  }
}

}  // namespace

Result<int> FollowRun(const Globals& globals, const std::string& id) {
  if (globals.json) {
    TRY_OK(Daemon(globals).Watch(RunPath(globals, id, "/watch"),
                                 [](const Json& event) { return event.At("kind").StringOr("") != "ended"; }));
    TRY(const Json run, Daemon(globals).Get(RunPath(globals, id)));
    PrintJson(run);
    return ExitCodeOfRun(run);
  }
  TRY(const Json run, Follow(globals, id));
  std::cout << fmt::format("\nrun {} {}{}\n", id, run.At("result").StringOr(""),
                           run.At("reason").StringOr("").empty() ? "" : ": " + run.At("reason").StringOr(""));
  if (ExitCodeOfRun(run) != kExitPass) std::cout << fmt::format("what went wrong: tuesday run view {}\n", id);
  return ExitCodeOfRun(run);
}

}  // namespace tuesday::cli
