// SPDX-License-Identifier: Apache-2.0
// What image names stand for.
#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/render/rollout.h"
#include "app/cli/render/table.h"

namespace tuesday::cli {

int RunImageBind(const Globals& globals, const std::string& reference, const std::string& source, const std::string& reason) {
  Json::Object asked{{"reference", reference}, {"source", source}};
  if (!reason.empty()) asked.insert_or_assign("reason", reason);
  const Result<Json> bound = Daemon(globals).Post("/v1/images", Json(std::move(asked)));
  if (!bound.has_value()) return ReportError(bound.error(), globals);
  if (globals.json) {
    PrintJson(*bound);
  } else {
    std::printf("%s is artifact %s from now on\n", reference.c_str(), bound->At("digest").StringOr("").c_str());
  }
  return kExitPass;
}

int RunImageList(const Globals& globals) {
  const Result<Json> images = Daemon(globals).Get("/v1/images");
  if (!images.has_value()) return ReportError(images.error(), globals);
  if (globals.json) {
    PrintJson(*images);
    return kExitPass;
  }
  Table table({"IMAGE", "ARTIFACT", "SOURCE", "BOUND", "BY"});
  for (const Json& image : ArrayOf(images->At("images"))) {
    table.Add({image.At("reference").StringOr(""), image.At("digest").StringOr("").substr(0, 12),
               image.At("source").StringOr(""), image.At("bound_at").StringOr(""), image.At("by").StringOr("")});
  }
  std::fputs(table.Text().c_str(), stdout);
  return kExitPass;
}

}  // namespace tuesday::cli
