// SPDX-License-Identifier: Apache-2.0
// What the instances of a rollout write, each line with its instance before it.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <thread>

#include "app/cli/instances/selection.h"
#include "app/cli/render/rollout.h"
#include "app/cli/verbs.h"

namespace tuesday::cli {
namespace {

constexpr Duration kFollowEvery = std::chrono::milliseconds(250);
// A daemon that is restarted is waited for; output goes on being kept meanwhile.
constexpr Duration kDaemonGoneMax = std::chrono::minutes(5);

// "10m" back from now, or an instant as it stands.
Result<std::string> SinceText(const std::string& text) {
  if (text.empty()) return std::string();
  if (const Result<WallTime> instant = ParseWall(text); instant.has_value()) return WallText(*instant);
  const Result<Duration> back = ParseGoDuration(text);
  if (!back.has_value()) {
    return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is neither a duration nor an instant.", text),
                "For example --since 10m, or --since 2026-11-23T14:00:00Z.");
  }
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return WallText(WallTime(now.time_since_epoch() - std::chrono::duration_cast<std::chrono::milliseconds>(*back)));
}

class Printer {
 public:
  explicit Printer(const Globals& globals) : globals_(globals) {}

  void Print(const Json& answer) {
    for (const Json& instance : ArrayOf(answer.At("instances"))) PrintOne(instance);
    std::fflush(stdout);
  }

  // What was shown already, for the next question.
  std::string After() const {
    std::string text;
    for (const auto& [instance, cursor] : cursors_) {
      if (!cursor.empty()) text += (text.empty() ? "" : ",") + instance + "=" + cursor;
    }
    return text;
  }

 private:
  void PrintOne(const Json& instance) {
    const std::string id = instance.At("instance").StringOr("");
    if (instance.At("cut").BoolOr(false)) std::fprintf(stderr, "%s | (older lines are not kept, or left out)\n", id.c_str());
    for (const Json& line : ArrayOf(instance.At("lines"))) {
      if (globals_.json) {
        std::puts(
            CanonicalJson(Json(Json::Object{{"instance", id}, {"number", instance.At("number")}, {"line", line}})).c_str());
      } else {
        std::printf("%s | %s\n", id.c_str(), line.StringOr("").c_str());
      }
    }
    cursors_[id] = instance.At("cursor").StringOr("");
  }

  const Globals& globals_;
  std::map<std::string, std::string> cursors_;
};

int Follow(const Globals& globals, const std::string& path, Printer& printer) {
  Duration gone{};
  for (;;) {
    std::this_thread::sleep_for(kFollowEvery);
    const std::string after = printer.After();
    const Result<Json> answer = Daemon(globals).Get(path + (after.empty() ? "" : "&after=" + UrlEscape(after)));
    if (answer.has_value()) {
      gone = {};
      printer.Print(*answer);
      continue;
    }
    // A canary comes and goes while it is followed.
    const bool comes_back = answer.error().code == ErrorCode::kUnavailable || answer.error().code == ErrorCode::kNotFound;
    gone += kFollowEvery;
    if (!comes_back || gone > kDaemonGoneMax) return ReportError(answer.error(), globals);
  }
}

}  // namespace

int RunLogs(const Globals& globals, const LogsOptions& options) {
  const Result<std::string> since = SinceText(options.since);
  if (!since.has_value()) return ReportError(since.error(), globals);
  const Result<std::string> selection = SelectionQuery(options.selection);
  if (!selection.has_value()) return ReportError(selection.error(), globals);
  const std::string path = RolloutPath(globals, options.name, "/logs") + "?" + *selection;
  std::string first = path;
  if (options.tail >= 0) first += fmt::format("&tail={}", options.tail);
  if (!since->empty()) first += "&since=" + UrlEscape(*since);
  const Result<Json> answer = Daemon(globals).Get(first);
  if (!answer.has_value()) return ReportError(answer.error(), globals);
  if (globals.json && !options.follow) {
    PrintJson(*answer);
    return kExitPass;
  }
  Printer printer(globals);
  printer.Print(*answer);
  return options.follow ? Follow(globals, path, printer) : kExitPass;
}

}  // namespace tuesday::cli
