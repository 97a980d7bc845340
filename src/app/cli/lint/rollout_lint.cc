// SPDX-License-Identifier: Apache-2.0
// `tuesday rollout lint -f FILE`: the bytes and exit code of `kubectl argo rollouts lint`.
#include <cstdio>

#include "app/cli/lint/lint_line.h"
#include "core/lint/argo/argo.h"

namespace tuesday::cli {

int RunRolloutLint(const Globals& globals, const std::string& path) {
  const Result<std::string> text = ReadInput(path, kManifestBytesMax);
  if (!text.has_value()) return ReportError(text.error(), globals);
  const std::vector<lint::ArgoProblem> problems = lint::ArgoLint(*text, path);
  if (globals.json) {
    Json::Array list;
    for (const lint::ArgoProblem& problem : problems) {
      list.emplace_back(Json::Object{{"field", problem.field},
                                     {"text", problem.text},
                                     {"file", problem.at.file},
                                     {"line", problem.at.line},
                                     {"column", problem.at.column}});
    }
    PrintJson(Json(Json::Object{{"ok", problems.empty()}, {"problems", std::move(list)}}));
  } else if (!problems.empty()) {
    std::fprintf(stderr, "Error: %s\n", problems.front().Line().c_str());
  }
  return problems.empty() ? kExitPass : kExitFail;
}

}  // namespace tuesday::cli
