// SPDX-License-Identifier: Apache-2.0
// The journal.
#include <fmt/format.h>

#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/render/rollout.h"

namespace tuesday::cli {

int RunAuditLog(const Globals& globals, const AuditOptions& options) {
  std::string path = fmt::format("/v1/audit?after={}&limit={}", options.after, options.limit);
  if (!options.rollout.empty())
    path += fmt::format("&namespace={}&rollout={}", UrlEscape(globals.ns), UrlEscape(options.rollout));
  if (options.verify) path += "&verify=1";
  const Result<Json> log = Daemon(globals).Get(path);
  if (!log.has_value()) return ReportError(log.error(), globals);
  if (globals.json) {
    PrintJson(*log);
    return kExitPass;
  }
  for (const Json& entry : ArrayOf(log->At("entries"))) {
    const Json& object = entry.At("object");
    std::printf("%6lld %s %s/%s %s: %s\n", static_cast<long long>(entry.At("number").IntOr(0)),
                entry.At("time").StringOr("").c_str(), object.At("namespace").StringOr("").c_str(),
                object.At("name").StringOr("").c_str(), entry.At("kind").StringOr("").c_str(),
                entry.At("message").StringOr("").c_str());
  }
  if (options.verify) std::puts("The journal is whole: numbers without gaps, every hash right.");
  return kExitPass;
}

}  // namespace tuesday::cli
