// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iostream>

#include "app/cli/oidc/oidc_line.h"
#include "app/cli/render/table.h"

namespace tuesday::cli {
namespace {

int Tell(const Result<Json>& answer, const Globals& globals) {
  if (!answer.has_value()) return ReportError(answer.error(), globals);
  if (globals.json) {
    PrintJson(*answer);
    return kExitPass;
  }
  const std::string issuer = answer->At("issuer").StringOr("");
  std::cout << (issuer.empty() ? "no issuer is set: no job gets a token (oidc.issuer)\n" : fmt::format("issuer {}\n", issuer));
  Table table({"KEY", "SIGNS", "FROM", "MADE"});
  if (const Json::Array* keys = answer->At("keys").as_array(); keys != nullptr) {
    for (const Json& key : *keys) {
      table.Add({key.At("id").StringOr(""), key.At("signs").BoolOr(false) ? "yes" : "no", key.At("signs_from").StringOr(""),
                 key.At("made_at").StringOr("")});
    }
  }
  std::cout << table.Text();
  return kExitPass;
}

}  // namespace

int RunOidcKeys(const Globals& globals) { return Tell(Daemon(globals).Get("/v1/oidc/keys"), globals); }

int RunOidcRotate(const Globals& globals, const OidcOptions& options) {
  const Json body(Json::Object{{"at_once", options.at_once}, {"reason", options.reason}});
  return Tell(Daemon(globals).Post("/v1/oidc/rotate", body, std::chrono::seconds(30)), globals);
}

}  // namespace tuesday::cli
