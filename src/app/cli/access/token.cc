// SPDX-License-Identifier: Apache-2.0
// Tokens: made over the socket, listed and revoked from anywhere by admins.
#include <fmt/format.h>

#include <cstdio>

#include "app/cli/access/access_line.h"
#include "app/cli/render/rollout.h"
#include "app/cli/render/table.h"
#include "base/time.h"

namespace tuesday::cli {

int RunTokenCreate(const Globals& globals, const AccessOptions& options) {
  const Result<Duration> life = ParsePromDuration(options.expires);
  if (!life.has_value()) return ReportError(life.error(), globals);
  const Result<Json> made = Daemon(globals).Post(
      "/v1/tokens", Json(Json::Object{{"name", options.name},
                                      {"role", options.role},
                                      {"namespace", globals.ns},
                                      {"expires_seconds", std::chrono::duration_cast<std::chrono::seconds>(*life).count()},
                                      {"reason", options.reason}}));
  if (!made.has_value()) return ReportError(made.error(), globals);
  if (globals.json) {
    PrintJson(*made);
    return kExitPass;
  }
  // The secret alone on standard output, so that it can go into a file.
  std::fprintf(stderr, "token %s: %s of namespace %s until %s; its secret is shown this once:\n", options.name.c_str(),
               options.role.c_str(), globals.ns.c_str(), made->At("expires_at").StringOr("").c_str());
  std::puts(made->At("secret").StringOr("").c_str());
  return kExitPass;
}

int RunTokenList(const Globals& globals) {
  const Result<Json> tokens = Daemon(globals).Get("/v1/tokens");
  if (!tokens.has_value()) return ReportError(tokens.error(), globals);
  if (globals.json) {
    PrintJson(*tokens);
    return kExitPass;
  }
  Table table({"NAME", "ROLE", "NAMESPACE", "STATE", "EXPIRES", "BY"});
  for (const Json& token : ArrayOf(tokens->At("tokens"))) {
    table.Add({token.At("name").StringOr(""), token.At("role").StringOr(""), token.At("namespace").StringOr(""),
               token.At("state").StringOr(""), token.At("expires_at").StringOr(""), token.At("created_by").StringOr("")});
  }
  std::fputs(table.empty() ? "No tokens.\n" : table.Text().c_str(), stdout);
  return kExitPass;
}

int RunTokenRevoke(const Globals& globals, const AccessOptions& options) {
  const Result<Json> revoked =
      Daemon(globals).Post("/v1/tokens/" + UrlEscape(options.name) + "/revoke", Json(Json::Object{{"reason", options.reason}}));
  if (!revoked.has_value()) return ReportError(revoked.error(), globals);
  globals.json ? PrintJson(*revoked) : static_cast<void>(std::printf("token %s is revoked\n", options.name.c_str()));
  return kExitPass;
}

}  // namespace tuesday::cli
