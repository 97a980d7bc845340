// SPDX-License-Identifier: Apache-2.0
// What every command has: the common flags, the way to the daemon, and how it ends. Commands return exit codes and print;
// they never exit by themselves, so that tests can call them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday::cli {

// Exit codes of every command but those that state their own (`rules check|test`, `rollout status`).
inline constexpr int kExitPass = 0;
inline constexpr int kExitFail = 1;
inline constexpr int kExitInvalid = 2;
inline constexpr int kExitNoEvidence = 3;
inline constexpr int kExitUnreachable = 4;

struct Globals {
  std::string ns = "default";
  bool json = false;
  std::string state_dir;  // Where the daemon's socket is; empty: the default place.
  std::string server;     // "https://HOST:PORT" of a daemon elsewhere; empty: the socket.
  std::string ca_file;    // Who vouches for that daemon; empty: whom the system trusts.
};

int ExitCodeOf(ErrorCode code);

// Prints the error as a sentence on standard error, or as JSON on standard output, and gives its exit code.
int ReportError(const Error& error, const Globals& globals);

// Prints one JSON object.
void PrintJson(const Json& json);

// "/var/lib/tuesday" as root, else "$XDG_STATE_HOME/tuesday".
std::string DefaultStateDir();
std::string StateDirOf(const Globals& globals);

// The daemon's API over its unix socket, or in TLS when it is elsewhere; the token comes from TUESDAY_TOKEN_FILE or
// TUESDAY_TOKEN, never from the command line. Each call opens a connection; errors of the daemon come back as errors.
class Daemon {
 public:
  explicit Daemon(const Globals& globals);

  Result<Json> Get(const std::string& path) const;
  // An answer that is text.
  Result<std::string> GetText(const std::string& path) const;
  Result<Json> Post(const std::string& path, const Json& body) const;
  // The same for whoever cannot wait: kUnavailable when there is no answer in time.
  Result<Json> Post(const std::string& path, const Json& body, Duration answer_time_max) const;

  // Calls `take` with each event of a server-sent stream until it says no, or the stream ends (an error).
  Result<void> Watch(const std::string& path, const std::function<bool(const Json&)>& take) const;

 private:
  std::string address_;
  std::string ca_file_;
};

// "/v1/namespaces/NS/rollouts/NAME", with the parts escaped.
std::string RolloutPath(const Globals& globals, std::string_view name, std::string_view tail = {});
std::string UrlEscape(std::string_view text);

// The whole file; "-" is standard input. At most `bytes_max`.
Result<std::string> ReadInput(const std::string& path, std::size_t bytes_max);

}  // namespace tuesday::cli
