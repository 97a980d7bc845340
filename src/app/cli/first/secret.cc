// SPDX-License-Identifier: Apache-2.0
// Secrets: the value comes from standard input or from a terminal that does not show it, and never comes back.
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "app/cli/render/rollout.h"
#include "app/cli/render/table.h"
#include "app/cli/verbs.h"

namespace tuesday::cli {
namespace {

// More than a daemon takes: it says what is too large.
constexpr std::size_t kValueBytesMax = 1 << 20;

std::string SecretsPath(const Globals& globals, const std::string& tail) {
  return fmt::format("/v1/namespaces/{}/secrets{}", UrlEscape(globals.ns), tail);
}

// A terminal that does not show what is typed, as long as this lives.
class Silence {
 public:
  Silence() {
    active_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (active_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~Silence() {
    if (!active_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::fputs("\n", stderr);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  termios before_{};
  bool active_ = false;
};

Result<std::string> ReadValue(const SecretOptions& options) {
  std::string value;
  if (::isatty(STDIN_FILENO) != 0) {
    std::fprintf(stderr, "Value of %s in %s: ", options.key.c_str(), options.name.c_str());
    const Silence silence;
    std::getline(std::cin, value);
    return value;
  }
  TRY(value, ReadInput("-", kValueBytesMax));
  // What `echo` and editors add is hardly ever meant.
  if (value.ends_with('\n')) value.pop_back();
  return value;
}

std::string RolloutsText(const Json& answer) {
  std::string text;
  for (const Json& rollout : ArrayOf(answer.At("rollouts"))) text += (text.empty() ? "" : ", ") + rollout.StringOr("");
  return text.empty() ? "no rollout uses it yet" : "a new revision goes out: " + text;
}

int ReportChange(const Globals& globals, const Result<Json>& answer, const std::string& what) {
  if (!answer.has_value()) return ReportError(answer.error(), globals);
  if (globals.json) {
    PrintJson(*answer);
  } else {
    std::printf("%s; %s\n", what.c_str(), RolloutsText(*answer).c_str());
  }
  return kExitPass;
}

}  // namespace

int RunSecretSet(const Globals& globals, const SecretOptions& options) {
  const Result<std::string> value = ReadValue(options);
  if (!value.has_value()) return ReportError(value.error(), globals);
  const Json body(Json::Object{{"key", options.key}, {"value", *value}});
  return ReportChange(globals, Daemon(globals).Post(SecretsPath(globals, "/" + UrlEscape(options.name)), body),
                      fmt::format("secret '{}': {} is set", options.name, options.key));
}

int RunSecretList(const Globals& globals) {
  const Result<Json> list = Daemon(globals).Get(SecretsPath(globals, ""));
  if (!list.has_value()) return ReportError(list.error(), globals);
  if (globals.json) {
    PrintJson(*list);
    return kExitPass;
  }
  Table table({"SECRET", "KEYS", "CHANGES"});
  for (const Json& secret : ArrayOf(list->At("secrets"))) {
    std::string keys;
    for (const Json& key : ArrayOf(secret.At("keys"))) keys += (keys.empty() ? "" : ",") + key.StringOr("");
    table.Add({secret.At("name").StringOr(""), keys, std::to_string(secret.At("generation").IntOr(0))});
  }
  std::fputs(table.Text().c_str(), stdout);
  return kExitPass;
}

int RunSecretRemove(const Globals& globals, const SecretOptions& options) {
  const Json body(Json::Object{{"key", options.key}});
  return ReportChange(globals, Daemon(globals).Post(SecretsPath(globals, "/" + UrlEscape(options.name) + "/remove"), body),
                      fmt::format("secret '{}'{} is gone", options.name, options.key.empty() ? "" : ": " + options.key));
}

}  // namespace tuesday::cli
