// SPDX-License-Identifier: Apache-2.0
// The commands `tuesday oidc …` and their flags.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/cli/client/session.h"

namespace CLI {
class App;
}

namespace tuesday::cli {

struct OidcOptions {
  std::string file;
  std::string job;
  std::string event = "push";
  std::string ref;          // Empty: the default branch, or the merge of a change.
  std::string environment;  // Empty: what the file says.
  std::string repository;   // Empty: "NAMESPACE/repository".
  std::string default_branch = "main";
  std::vector<std::string> secret_branches;
  std::vector<std::string> subject;
  std::string issuer;
  std::string audience = "sts.amazonaws.com";
  std::string trust_policy;
  bool granted = false;
  bool at_once = false;
  std::string reason;
};
int RunOidcKeys(const Globals& globals);
int RunOidcRotate(const Globals& globals, const OidcOptions& options);
int RunOidcExplain(const Globals& globals, const OidcOptions& options);

// Adds them to `app`; the one that is chosen becomes `run`.
void AddOidc(CLI::App& app, const Globals& globals, OidcOptions& options, std::function<int()>& run);

}  // namespace tuesday::cli
