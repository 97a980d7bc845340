// SPDX-License-Identifier: Apache-2.0
#include "app/cli/client/follow.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/cli/client/watch.h"
#include "app/cli/render/rollout.h"

namespace tuesday::cli {
namespace {

// One line whenever something that a person follows has changed.
std::string ProgressLine(const Json& rollout) {
  const Json& replicas = rollout.At("replicas");
  std::string line = fmt::format(
      "{} rev {}: {} step {}/{} ({}) weight {} ready {}/{}", rollout.At("name").StringOr(""), rollout.At("number").IntOr(0),
      rollout.At("phase").StringOr(""), rollout.At("step").At("index").IntOr(0), rollout.At("step").At("count").IntOr(0),
      rollout.At("step").At("text").StringOr(""), PermilleText(rollout.At("share_permille").IntOr(0)),
      replicas.At("ready").IntOr(0), replicas.At("current").IntOr(0));
  const std::string gate = rollout.At("gate").StringOr("");
  if (!gate.empty()) line += fmt::format(" gate {}", gate);
  return line;
}

// The stream may begin before the loop took the change up: until then the last attempt is another revision's, and its end
// says nothing.
Ended EndOfRevision(const Json& rollout, const std::string& revision) {
  const Json::Array* attempts = rollout.At("attempts").as_array();
  const bool begun = attempts != nullptr && !attempts->empty() && attempts->back().At("revision").StringOr("") == revision;
  return begun || revision.empty() ? EndedOf(rollout) : Ended::kNo;
}

}  // namespace

int FollowToVerdict(const Globals& globals, const Json& plan, const std::string& timeout) {
  Globals scoped = globals;
  scoped.ns = plan.At("namespace").StringOr(globals.ns);
  const std::string name = plan.At("name").StringOr("");
  const std::string revision = plan.At("to").StringOr("");
  std::string last;
  bool seen = false;
  Json end;
  const Result<void> watched = WatchRollout(scoped, name, timeout, [&](const Json& rollout) {
    end = rollout;
    const bool other = rollout.At("revision").StringOr("") != revision && !revision.empty();
    seen |= !other;
    if (other) return !seen;
    const std::string line = ProgressLine(rollout);
    if (line != last && !globals.json) std::printf("%s\n", line.c_str());
    std::fflush(stdout);
    last = line;
    return EndOfRevision(rollout, revision) == Ended::kNo;
  });
  if (!watched.has_value()) return ReportError(watched.error(), globals);
  if (globals.json) {
    PrintJson(end);
  } else {
    std::printf("%s\n%s\n", end.At("url").StringOr("").c_str(), OutcomeLine(end).c_str());
  }
  return EndedOf(end) == Ended::kWell ? kExitPass : kExitFail;
}

}  // namespace tuesday::cli
