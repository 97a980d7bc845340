// SPDX-License-Identifier: Apache-2.0
// One word for whoever is in a hurry: through the daemon, and where none answers at the edge itself.
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "adapters/haproxy/by_hand.h"
#include "adapters/supervise/spawn.h"
#include "app/cli/verbs.h"

namespace tuesday::cli {
namespace {

// A daemon that has not answered by then is not waited for.
constexpr Duration kAnswerTimeMax = std::chrono::seconds(5);

std::string Caller() {
  passwd entry{};
  passwd* found = nullptr;
  char buffer[1024];
  getpwuid_r(getuid(), &entry, buffer, sizeof(buffer), &found);
  return fmt::format("{} (uid {})", found == nullptr ? "?" : found->pw_name, getuid());
}

WallTime WallNow() {
  return WallTime(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()).time_since_epoch());
}

// The daemon is not there, or its state does not let it act. It said no for a good reason otherwise.
bool MayBeDoneWithout(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kCorrupt || code == ErrorCode::kLimit ||
         code == ErrorCode::kInternal;
}

std::string Sentence(const haproxy::TakenBack& taken) {
  const std::string serves = fmt::format("revision {} serves everything", taken.to.str());
  switch (taken.kind) {
    case haproxy::TakenBack::Kind::kCanary:
      return fmt::format("the canary of revision {} lost its requests: {}", taken.from.str(), serves);
    case haproxy::TakenBack::Kind::kPredecessor:
      return fmt::format("revision {} is taken back: {} again", taken.from.str(), serves);
    case haproxy::TakenBack::Kind::kAlready:
      return fmt::format("revision {} was taken back by hand already: {}", taken.from.str(), serves);
  }
  return serves;
}

int RollBackByHand(const Globals& globals, const RollbackOptions& options, const Error& why) {
  const std::string folder = std::filesystem::absolute(StateDirOf(globals)).lexically_normal().string() + "/edge";
  const haproxy::ByHandOrder order{{Namespace(globals.ns), options.name}, Caller(), options.reason, WallText(WallNow())};
  const Result<haproxy::TakenBack> taken =
      haproxy::TakeBackByHand(folder, {supervise::OwnProgram(), "supervise", "edge", folder}, order);
  if (!taken.has_value()) {
    Error error = taken.error();
    error.message = fmt::format("The daemon cannot do it ({}) and the edge cannot either: {}", why.message, error.message);
    return ReportError(error, globals);
  }
  const std::string message = Sentence(*taken);
  if (globals.json) {
    PrintJson(Json(Json::Object{{"done", taken->kind == haproxy::TakenBack::Kind::kAlready ? "already" : "by hand"},
                                {"message", message},
                                {"by_hand", true},
                                {"from", taken->from.str()},
                                {"to", taken->to.str()},
                                {"daemon", why.message}}));
    return kExitPass;
  }
  std::printf("rollout '%s': %s\n", options.name.c_str(), message.c_str());
  std::printf("This was done at the edge, because the daemon cannot do it: %s\n", why.message.c_str());
  std::puts("The next daemon keeps it so and notes who did it. See docs/operate/three-in-the-morning.md.");
  return kExitPass;
}

}  // namespace

int RunRollback(const Globals& globals, const RollbackOptions& options) {
  const Json body(Json::Object{{"reason", options.reason}});
  const Result<Json> answer = Daemon(globals).Post(RolloutPath(globals, options.name, "/rollback"), body, kAnswerTimeMax);
  if (!answer.has_value()) {
    const bool is_here = globals.server.empty();
    return is_here && MayBeDoneWithout(answer.error().code) ? RollBackByHand(globals, options, answer.error())
                                                            : ReportError(answer.error(), globals);
  }
  if (globals.json) {
    PrintJson(*answer);
  } else {
    std::printf("rollout '%s': %s\n", options.name.c_str(), answer->At("message").StringOr("").c_str());
  }
  return kExitPass;
}

}  // namespace tuesday::cli
