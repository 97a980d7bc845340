// SPDX-License-Identifier: Apache-2.0
// A command in an instance's environment: this process becomes the command, so the terminal and the exit code are its own.
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "adapters/files/fd.h"
#include "adapters/supervise/spawn.h"
#include "app/cli/instances/selection.h"
#include "app/cli/render/rollout.h"
#include "app/cli/verbs.h"

namespace tuesday::cli {
namespace {

constexpr int kExitNoCommand = 127;

Error SystemFailure(const std::string& what) {
  return {ErrorCode::kDenied, fmt::format("{}: {}.", what, std::strerror(errno)),
          "Run it as the user that the daemon runs as, or as root."};
}

Result<void> Enter(const Json& room) {
  for (const Json& group : ArrayOf(room.At("groups"))) {
    const std::string path = group.StringOr("") + "/cgroup.procs";
    const files::Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd.is_open() || ::write(fd.get(), "0", 1) != 1)
      return std::unexpected(SystemFailure("The instance's limits cannot be joined"));
  }
  if (const std::string user = room.At("user").StringOr(""); !user.empty()) {
    const auto ids = supervise::FindUser(user);
    const bool changed = ids && ::setgroups(0, nullptr) == 0 && ::setresgid(ids->gid, ids->gid, ids->gid) == 0 &&
                         ::setresuid(ids->uid, ids->uid, ids->uid) == 0;
    if (!changed) return std::unexpected(SystemFailure(fmt::format("Not to become the user {}", user)));
  }
  const std::string folder = room.At("working_folder").StringOr("");
  if (!folder.empty() && ::chdir(folder.c_str()) != 0)
    return std::unexpected(SystemFailure("The working folder cannot be entered"));
  return {};
}

}  // namespace

int RunExec(const Globals& globals, const ExecOptions& options) {
  const Result<std::string> selection = SelectionQuery(options.selection);
  if (!selection.has_value()) return ReportError(selection.error(), globals);
  const Json body(Json::Object{{"command", options.command.front()}});
  const Result<Json> room = Daemon(globals).Post(RolloutPath(globals, options.name, "/exec") + "?" + *selection, body);
  if (!room.has_value()) return ReportError(room.error(), globals);
  std::vector<std::string> variables;
  if (const Json::Object* environment = room->At("environment").as_object(); environment != nullptr) {
    for (const auto& [name, value] : *environment) variables.push_back(name + "=" + value.StringOr(""));
  }
  // Of the caller only what a terminal needs.
  if (const char* term = ::getenv("TERM"); term != nullptr) variables.push_back(std::string("TERM=") + term);
  std::vector<std::string> words = options.command;
  if (const Json::Array enter = ArrayOf(room->At("enter")); !enter.empty()) {
    words.clear();
    for (const Json& word : enter) words.push_back(word.StringOr(""));
    words.insert(words.end(), options.command.begin(), options.command.end());
    if (const char* path = ::getenv("PATH"); path != nullptr) variables.push_back(std::string("PATH=") + path);
  }
  std::vector<char*> environment;
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (const Result<void> entered = Enter(*room); !entered.has_value()) return ReportError(entered.error(), globals);
  // The command is looked up in the instance's PATH.
  ::clearenv();
  for (std::string& variable : variables) ::putenv(variable.data());
  ::execvpe(arguments.front(), arguments.data(), environment.data());
  const bool missing = errno == ENOENT;
  ReportError(missing ? Error{ErrorCode::kNotFound, fmt::format("There is no command {} in the instance.", words.front()), ""}
                      : SystemFailure(fmt::format("{} cannot be run", words.front())),
              globals);
  return kExitNoCommand;
}

}  // namespace tuesday::cli
