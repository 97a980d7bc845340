// SPDX-License-Identifier: Apache-2.0
// Checks the machine: each line is one thing that tuesday needs, how it stands, and how to mend it.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "adapters/sandbox/bubble/sandbox.h"
#include "adapters/sandbox/containers/images.h"
#include "adapters/supervise/cgroup.h"
#include "adapters/supervise/spawn.h"
#include "app/cli/commands.h"
#include "app/cli/operate/install_plan.h"
#include "app/cli/render/table.h"

namespace tuesday::cli {
namespace {

struct Health {
  enum class Grade { kGood, kNote, kBad };
  std::string what;
  Grade grade = Grade::kGood;
  std::string said;
  std::string mend;
};

constexpr std::uint64_t kFreeBytesMin = 1ULL << 30;
constexpr std::size_t kOutputBytesMax = 64 << 10;

// What a program prints, both streams together.
Result<std::string> OutputOf(const std::vector<std::string>& argv) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Fail(ErrorCode::kUnavailable, "No pipe can be made.");
  const files::Fd reader(ends[0]);
  files::Fd writer(ends[1]);
  supervise::SpawnPlan plan;
  plan.argv = argv;
  plan.environment = supervise::OwnEnvironment();
  plan.standard_output = writer.get();
  plan.standard_error = writer.get();
  TRY(const supervise::Process process, supervise::Spawn(plan));
  writer = files::Fd();
  std::string output;
  char buffer[4096];
  for (ssize_t read = 0; output.size() < kOutputBytesMax && (read = ::read(reader.get(), buffer, sizeof(buffer))) > 0;) {
    output.append(buffer, static_cast<std::size_t>(read));
  }
  int status = 0;
  waitpid(process.pid, &status, 0);
  return output;
}

Health CheckHaproxy() {
  const Result<std::string> output = OutputOf({"haproxy", "-v"});
  const std::string mend = "Install it: apt-get install haproxy (2.6 or newer).";
  if (!output.has_value()) return {"haproxy", Health::Grade::kBad, "The program is not found.", mend};
  int major = 0;
  int minor = 0;
  const std::size_t at = output->find("version ");
  if (at == std::string::npos || std::sscanf(output->c_str() + at, "version %d.%d", &major, &minor) != 2) {
    return {"haproxy", Health::Grade::kBad, "It does not say its version.", mend};
  }
  const bool good = major > 2 || (major == 2 && minor >= 6);
  return {"haproxy", good ? Health::Grade::kGood : Health::Grade::kBad, fmt::format("Version {}.{}.", major, minor),
          good ? "" : mend};
}

Health CheckState(const std::string& folder) {
  const Result<void> made = files::MakeFolders(folder, 0750);
  if (!made.has_value())
    return {"state folder", Health::Grade::kBad, ErrorText(made.error()), "Name another with --state, or run as root."};
  if (access(folder.c_str(), W_OK) != 0)
    return {"state folder", Health::Grade::kBad, folder + " cannot be written.", "Name another with --state."};
  const Result<std::uint64_t> bytes = files::FreeBytes(folder);
  if (!bytes.has_value()) return {"state folder", Health::Grade::kBad, ErrorText(bytes.error()), ""};
  const std::string said = fmt::format("{}, {:.1f} GiB free.", folder, static_cast<double>(*bytes) / (1ULL << 30));
  if (*bytes < kFreeBytesMin)
    return {"state folder", Health::Grade::kNote, said, "Metrics and artifacts need room: keep 1 GiB free."};
  return {"state folder", Health::Grade::kGood, said, ""};
}

// Rows hold what revisions were given as environment, the key opens what is sealed: both are their owner's only.
Health CheckRights(const std::string& folder) {
  const std::string mend = fmt::format("chmod 0751 {0}; chmod 0600 {0}/tuesday.db* {0}/secret.key", folder);
  struct stat facts{};
  if (stat(folder.c_str(), &facts) == 0 && (facts.st_mode & 022) != 0)
    return {"rights", Health::Grade::kBad, folder + " can be written by others.", mend};
  for (const char* name : {"/tuesday.db", "/tuesday.db-wal", "/secret.key"}) {
    const std::string path = folder + name;
    if (stat(path.c_str(), &facts) == 0 && (facts.st_mode & 077) != 0)
      return {"rights", Health::Grade::kBad, path + " can be read by others.", mend};
  }
  return {"rights", Health::Grade::kGood, "State and keys are their owner's only.", ""};
}

Health CheckUnit() {
  constexpr std::size_t kUnitBytesMax = 64 << 10;
  const Result<std::string> unit = files::ReadFile(kUnitPath, kUnitBytesMax);
  if (!unit.has_value()) {
    return {"service", Health::Grade::kNote, "Not installed: nobody starts the daemon after a boot.", "sudo tuesday install"};
  }
  if (unit->find("\nKillMode=process\n") == std::string::npos) {
    return {"service", Health::Grade::kBad, fmt::format("{} has no KillMode=process: a stop would end services.", kUnitPath),
            "sudo tuesday install"};
  }
  const std::size_t start = unit->find("ExecStart=");
  const std::size_t begin = start == std::string::npos ? unit->size() : start + std::string_view("ExecStart=").size();
  const std::string program = unit->substr(begin, unit->find(' ', begin) - begin);
  if (access(program.c_str(), X_OK) != 0)
    return {"service", Health::Grade::kBad, fmt::format("The unit starts \"{}\", which is no program.", program),
            "sudo tuesday install"};
  return {"service", Health::Grade::kGood, std::string(kUnitPath) + " is in order.", ""};
}

Health CheckDaemon(const Globals& globals) {
  const Result<Json> status = Daemon(globals).Get("/v1/status");
  if (!status.has_value()) return {"daemon", Health::Grade::kNote, "Not running.", "Start it with: tuesday serve"};
  for (const char* part : {"store", "edge", "workloads"}) {
    const std::string trouble = status->At(part).StringOr("");
    if (!trouble.empty())
      return {"daemon", Health::Grade::kBad, fmt::format("{}: {}", part, trouble), "Look at: tuesday status"};
  }
  return {"daemon", Health::Grade::kGood, "Running and well.", ""};
}

Health CheckUser() {
  if (geteuid() != 0) return {"user", Health::Grade::kNote, "Not root: instances run as you.", ""};
  if (supervise::FindUser("tuesday").has_value()) return {"user", Health::Grade::kGood, "Instances run as user tuesday.", ""};
  return {"user", Health::Grade::kNote, "There is no user tuesday: instances run as root.",
          "useradd --system --shell /usr/sbin/nologin tuesday"};
}

Health CheckLimits() { return {"limits", Health::Grade::kNote, supervise::DescribeLimits(), ""}; }

// Whether jobs of workflows can run here: never without a sandbox.
Health CheckSandbox() {
  if (const Result<std::string> version = OutputOf({"bwrap", "--version"}); !version.has_value())
    return {"sandbox", Health::Grade::kNote, "There is no bubblewrap: jobs of workflows do not run.",
            "apt-get install bubblewrap"};
  if (const Result<void> made = sandbox::ProbeUserNamespaces(); !made.has_value())
    return {"sandbox", Health::Grade::kNote, made.error().message, made.error().hint};
  return {"sandbox", Health::Grade::kGood, "Jobs of workflows run in bubblewrap, in namespaces of their own.", ""};
}

Health CheckSandboxNetwork() {
  if (const Result<std::string> version = OutputOf({"slirp4netns", "--version"}); !version.has_value())
    return {"sandbox network", Health::Grade::kNote, "There is no slirp4netns: jobs of workflows do not run.",
            "apt-get install slirp4netns"};
  // Root makes the device for each place; others need the machine's.
  if (geteuid() != 0 && access("/dev/net/tun", R_OK | W_OK) != 0)
    return {"sandbox network", Health::Grade::kNote, "/dev/net/tun cannot be used: only jobs without a network run.",
            "sudo chmod 0666 /dev/net/tun"};
  return {"sandbox network", Health::Grade::kGood, "Jobs of workflows reach the outside by slirp4netns.", ""};
}

Health CheckContainers() {
  const auto engine = sandbox::OpenEngine();
  const auto version = engine.has_value() ? engine->Version() : std::unexpected(engine.error());
  if (!version.has_value()) return {"containers", Health::Grade::kNote, version.error().message, version.error().hint};
  return {"containers", Health::Grade::kGood,
          fmt::format("Jobs may have containers and services: {} {}.", version->name, version->version), ""};
}

std::string_view GradeWord(Health::Grade grade) {
  return grade == Health::Grade::kGood ? "ok" : grade == Health::Grade::kNote ? "note" : "bad";
}

}  // namespace

int RunDoctor(const Globals& globals) {
  const std::vector<Health> all = {CheckHaproxy(),
                                   CheckState(StateDirOf(globals)),
                                   CheckRights(StateDirOf(globals)),
                                   CheckUnit(),
                                   CheckUser(),
                                   CheckLimits(),
                                   CheckSandbox(),
                                   CheckSandboxNetwork(),
                                   CheckContainers(),
                                   CheckDaemon(globals)};
  bool bad = false;
  Json::Array list;
  Table table({"WHAT", "STANDS", "SAID", "MEND"});
  for (const Health& health : all) {
    bad |= health.grade == Health::Grade::kBad;
    list.emplace_back(
        Json::Object{{"what", health.what}, {"stands", GradeWord(health.grade)}, {"said", health.said}, {"mend", health.mend}});
    table.Add({health.what, std::string(GradeWord(health.grade)), health.said, health.mend});
  }
  globals.json ? PrintJson(Json(Json::Object{{"checks", std::move(list)}}))
               : static_cast<void>(std::fputs(table.Text().c_str(), stdout));
  return bad ? kExitFail : kExitPass;
}

}  // namespace tuesday::cli
