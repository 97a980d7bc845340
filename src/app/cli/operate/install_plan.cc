// SPDX-License-Identifier: Apache-2.0
#include "app/cli/operate/install_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "adapters/files/files.h"
#include "adapters/supervise/spawn.h"

namespace tuesday::cli {
namespace {

constexpr std::size_t kProgramBytesMax = 512 << 20;

using Kind = InstallStep::Kind;

constexpr const char* kConfigText =
    R"(# The settings of tuesday. `tuesday config keys` lists them all with their defaults, `tuesday config check` reads this file
# without effect, and `systemctl reload tuesday` takes it over: all of it or nothing.
listeners:
  edge:
    listen: 127.0.0.1:8080
)";

InstallStep Run(std::vector<std::string> argv, Kind kind = Kind::kRun) {
  return {.kind = kind, .path = {}, .text = {}, .mode = 0, .argv = std::move(argv)};
}

InstallStep File(std::string path, std::string text, Kind kind = Kind::kFile, mode_t mode = 0644) {
  return {.kind = kind, .path = std::move(path), .text = std::move(text), .mode = mode, .argv = {}};
}

std::vector<std::string> CompletionPaths(const std::string& prefix) {
  return {prefix + "/share/bash-completion/completions/tuesday", prefix + "/share/zsh/site-functions/_tuesday",
          prefix + "/share/fish/vendor_completions.d/tuesday.fish"};
}

bool SystemdRuns() { return files::Exists("/run/systemd/system"); }

Result<void> RunProgram(const std::vector<std::string>& argv) {
  supervise::SpawnPlan plan;
  plan.argv = argv;
  plan.environment = supervise::OwnEnvironment();
  plan.standard_output = 2;
  plan.standard_error = 2;
  TRY(const supervise::Process process, supervise::Spawn(plan));
  int status = 0;
  while (::waitpid(process.pid, &status, 0) < 0 && errno == EINTR) {}
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Fail(ErrorCode::kUnavailable, fmt::format("`{}` failed.", fmt::join(argv, " ")), "What it said is above.");
}

std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

// Only what differs is written, so that a second run changes nothing.
Result<std::string> PutFile(const std::string& path, const std::string& bytes, mode_t mode) {
  const Result<std::string> there = files::ReadFile(path, kProgramBytesMax);
  struct stat facts{};
  const bool same_mode = ::stat(path.c_str(), &facts) == 0 && (facts.st_mode & 07777) == mode;
  if (there && *there == bytes && same_mode) return "there";
  TRY_OK(files::MakeFolders(FolderOf(path)));
  TRY_OK(files::WriteFileDurably(path, bytes, mode));
  return there ? "changed" : "made";
}

Result<std::string> MakeFolder(const std::string& path, mode_t mode) {
  const bool there = files::Exists(path);
  TRY_OK(files::MakeFolders(path, mode));
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return std::unexpected(files::SystemError("cannot look at", path, errno));
  if (there && (facts.st_mode & 07777) == mode) return "there";
  if (::chmod(path.c_str(), mode) != 0) return std::unexpected(files::SystemError("cannot set the mode of", path, errno));
  return there ? "changed" : "made";
}

Result<std::string> MakeUser(const std::string& name, const std::string& root) {
  if (!root.empty()) return fmt::format("skipped: users of another root are not made");
  if (supervise::FindUser(name)) return "there";
  TRY_OK(RunProgram({"useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell",
                     "/usr/sbin/nologin", name}));
  return "made";
}

const char* KindWord(Kind kind) {
  switch (kind) {
    case Kind::kUser: return "user";
    case Kind::kFolder: return "folder";
    case Kind::kProgram: return "program";
    case Kind::kFile:
    case Kind::kDefault: return "file";
    case Kind::kRemove: return "remove";
    case Kind::kRun:
    case Kind::kRestart: return "run";
  }
  return "run";
}

}  // namespace

std::string UnitText(const std::string& program, const std::string& config, const std::string& state) {
  return fmt::format(R"([Unit]
Description=tuesday, progressive delivery on this machine
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart={} serve --config {} --state {}
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=1
# Services and the edge outlive the daemon: a stop, a restart and an upgrade end the daemon only.
KillMode=process
# Limits of services are control groups below ours.
Delegate=yes
TasksMax=infinity
LimitNOFILE=524288
# When memory is short the daemon goes last: without it nobody takes a bad version back.
OOMScoreAdjust=-500
# Services inherit these. Nothing that gives each start a view of the files of its own (ProtectSystem, PrivateTmp):
# supervisors live in the view of the daemon that started them, and must see the same files as the next one.
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
SystemCallArchitectures=native
CapabilityBoundingSet=~CAP_SYS_MODULE CAP_SYS_BOOT CAP_SYS_TIME CAP_SYS_RAWIO CAP_SYS_PACCT CAP_WAKE_ALARM CAP_MAC_ADMIN CAP_MAC_OVERRIDE CAP_AUDIT_CONTROL

[Install]
WantedBy=multi-user.target
)",
                     program, config, state);
}

std::vector<InstallStep> InstallSteps(const InstallPlaces& places) {
  const std::string program = places.prefix + "/bin/tuesday";
  const std::vector<std::string> completions = CompletionPaths(places.prefix);
  return {
      {.kind = Kind::kUser, .path = kServiceUser, .text = {}, .mode = 0, .argv = {}},
      File(program, places.program, Kind::kProgram, 0755),
      File(places.config, kConfigText, Kind::kDefault, 0644),
      {.kind = Kind::kFolder, .path = places.state, .text = {}, .mode = 0751, .argv = {}},
      File(completions[0], places.bash_completion),
      File(completions[1], "#compdef tuesday\n" + places.zsh_completion),
      File(completions[2], places.fish_completion),
      File(kUnitPath, UnitText(program, places.config, places.state)),
      Run({"systemctl", "daemon-reload"}, Kind::kRestart),
      Run({"systemctl", "enable", kUnitName}),
      Run({"systemctl", "restart", kUnitName}, Kind::kRestart),
      Run({"systemctl", "start", kUnitName}),
  };
}

std::vector<InstallStep> UninstallSteps(const InstallPlaces& places) {
  std::vector<InstallStep> steps = {Run({"systemctl", "disable", "--now", kUnitName}), File(kUnitPath, {}, Kind::kRemove),
                                    Run({"systemctl", "daemon-reload"}),
                                    File(places.prefix + "/bin/tuesday", {}, Kind::kRemove)};
  for (const std::string& path : CompletionPaths(places.prefix)) steps.push_back(File(path, {}, Kind::kRemove));
  return steps;
}

std::string StepText(const InstallStep& step) {
  if (!step.argv.empty()) return fmt::format("run {}", fmt::join(step.argv, " "));
  if (step.kind == Kind::kUser || step.kind == Kind::kRemove) return fmt::format("{} {}", KindWord(step.kind), step.path);
  return fmt::format("{} {} ({:04o}){}", KindWord(step.kind), step.path, step.mode,
                     step.kind == Kind::kDefault ? ", unless it is there" : "");
}

Result<std::string> DoStep(const InstallStep& step, const std::string& root, bool changed_before) {
  const std::string path = root + step.path;
  switch (step.kind) {
    case Kind::kUser: return MakeUser(step.path, root);
    case Kind::kFolder: return MakeFolder(path, step.mode);
    case Kind::kProgram: {
      TRY(const std::string bytes, files::ReadFile(step.text, kProgramBytesMax));
      return PutFile(path, bytes, step.mode);
    }
    case Kind::kFile: return PutFile(path, step.text, step.mode);
    case Kind::kDefault:
      if (files::Exists(path)) return "there";
      return PutFile(path, step.text, step.mode);
    case Kind::kRemove: {
      if (!files::Exists(path)) return "not there";
      TRY_OK(files::RemoveTree(path));
      return "removed";
    }
    case Kind::kRestart:
      if (!changed_before) return "skipped: nothing has changed";
      [[fallthrough]];
    case Kind::kRun:
      if (!root.empty()) return "skipped: systemd of another root is not asked";
      if (!SystemdRuns()) return "skipped: systemd does not run here";
      TRY_OK(RunProgram(step.argv));
      return "done";
  }
  return "there";
}

}  // namespace tuesday::cli
