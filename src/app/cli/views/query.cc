// SPDX-License-Identifier: Apache-2.0
// PromQL over the daemon's metrics.
#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/render/rollout.h"

namespace tuesday::cli {

int RunQuery(const Globals& globals, const QueryOptions& options) {
  std::string path = "/prometheus/api/v1/query?query=" + UrlEscape(options.expression);
  if (!options.time.empty()) path += "&time=" + UrlEscape(options.time);
  const Result<Json> answer = Daemon(globals).Get(path);
  if (!answer.has_value()) return ReportError(answer.error(), globals);
  if (globals.json) {
    PrintJson(*answer);
    return kExitPass;
  }
  const Json& data = answer->At("data");
  const Json& result = data.At("result");
  const std::string type = data.At("resultType").StringOr("");
  if (type == "scalar" || type == "string") {
    const Json::Array& pair = ArrayOf(result);
    std::printf("%s: %s\n", type.c_str(), pair.size() == 2 ? pair[1].StringOr("").c_str() : "");
    return kExitPass;
  }
  for (const Json& series : ArrayOf(result)) {
    std::printf("%s", series.At("text").StringOr("").c_str());
    if (type == "vector") {
      const Json::Array& pair = ArrayOf(series.At("value"));
      std::printf(" => %s", pair.size() == 2 ? pair[1].StringOr("").c_str() : "");
    }
    for (const Json& point : ArrayOf(series.At("values"))) {
      const Json::Array& pair = ArrayOf(point);
      if (pair.size() == 2) std::printf("\n  %s @[%.3f]", pair[1].StringOr("").c_str(), pair[0].NumberOr(0));
    }
    std::printf("\n");
  }
  return ArrayOf(result).empty() ? kExitNoEvidence : kExitPass;
}

}  // namespace tuesday::cli
