// SPDX-License-Identifier: Apache-2.0
// A podman service of a test's own: its images, containers and socket are in a temporary folder, and end with it.
#pragma once

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "adapters/containers/engine.h"
#include "adapters/files/files.h"
#include "adapters/supervise/poll_loop.h"
#include "adapters/supervise/run_program.h"
#include "adapters/supervise/spawn.h"

namespace tuesday::containers {

inline constexpr int kRegistryPort = 45017;

class PodmanTestService {
 public:
  PodmanTestService() {
    char name[] = "/tmp/podman-test-XXXXXX";
    folder_ = ::mkdtemp(name);
    static_cast<void>(
        files::ReplaceFile(folder_ + "/containers.conf",
                           "[engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n", 0644));
    // A registry of a test's own on this machine speaks no TLS.
    static_cast<void>(files::ReplaceFile(
        folder_ + "/registries.conf",
        "[[registry]]\nlocation = \"127.0.0.1:" + std::to_string(kRegistryPort) + "\"\ninsecure = true\n", 0644));
    StartEngine();
  }
  PodmanTestService(const PodmanTestService&) = delete;
  PodmanTestService& operator=(const PodmanTestService&) = delete;
  ~PodmanTestService() {
    if (const auto all = engine().List({}); all.has_value()) {
      for (const ContainerFacts& one : *all) static_cast<void>(engine().Remove(one.id));
    }
    StopEngine(SIGTERM);
    static_cast<void>(supervise::RunProgram({"umount", folder_ + "/root/overlay"}));
    static_cast<void>(files::RemoveTree(folder_));
  }

  // The containers run on without it.
  void StopEngine(int signal) {
    if (pid_ == 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
    ::unlink(socket().c_str());
  }
  // Returns when it answers.
  void StartEngine() {
    supervise::SpawnPlan plan;
    plan.argv = {"podman",  "--root", folder_ + "/root", "--runroot", folder_ + "/run",    "--storage-driver",
                 "overlay", "system", "service",         "--time=0",  "unix://" + socket()};
    plan.environment = supervise::OwnEnvironment();
    plan.environment["CONTAINERS_REGISTRIES_CONF"] = folder_ + "/registries.conf";
    plan.environment["CONTAINERS_CONF"] = folder_ + "/containers.conf";
    plan.on_parent_death = supervise::OnParentDeath::kDie;
    const auto process = supervise::Spawn(plan);
    if (!process.has_value()) return;
    pid_ = process->pid;
    const Instant deadline = supervise::BootNow() + std::chrono::seconds(20);
    while (supervise::BootNow() < deadline && !engine().Version().has_value()) ::usleep(20'000);
  }

  // Why tests that need it cannot run here; empty when they can.
  static std::string Missing() {
    if (::geteuid() != 0) return "podman's network namespaces by path need root";
    for (const char* program : {"podman", "runc", "busybox"}) {
      if (!supervise::RunProgram({"sh", "-c", std::string("command -v ") + program})
               .value_or(supervise::Printed{"", "", 1})
               .exit_code)
        continue;
      return std::string(program) + " is not installed";
    }
    return "";
  }

  const std::string& folder() const { return folder_; }
  std::string socket() const { return folder_ + "/sock"; }
  Engine engine() const { return Engine(socket()); }

  // The folder `name` with busybox and this Dockerfile, packed.
  std::string Context(const std::string& dockerfile) const {
    const std::string context = folder_ + "/context";
    static_cast<void>(files::MakeFolders(context + "/root/bin", 0755));
    static_cast<void>(files::MakeFolders(context + "/root/etc", 0755));
    static_cast<void>(files::MakeFolders(context + "/root/tmp", 01777));
    static_cast<void>(files::ReplaceFile(context + "/Dockerfile", dockerfile, 0644));
    static_cast<void>(files::ReplaceFile(context + "/root/etc/passwd",
                                         "root:x:0:0:root:/root:/bin/sh\nworker:x:1001:1001::/:/bin/sh\n", 0644));
    static_cast<void>(supervise::RunProgram({"sh", "-c",
                                             "cp $(command -v busybox) " + context + "/root/bin/busybox && cd " + context +
                                                 "/root/bin && for a in sh cat echo sleep id env nc httpd wget ls test true "
                                                 "false touch grep; do ln -sf busybox $a; done"}));
    return supervise::RunProgram({"tar", "-C", context, "-cf", "-", "."}).value_or(supervise::Printed()).output;
  }

  // An image with busybox as everything.
  Result<std::string> BuildTiny(const std::string& tag, const std::string& more = "") const {
    return engine().Build(Context("FROM scratch\nCOPY root /\n" + more + "CMD [\"sh\"]\n"), tag, "Dockerfile", BuildTerms(),
                          [](const std::string&) {});
  }

 private:
  std::string folder_;
  pid_t pid_ = 0;
};

}  // namespace tuesday::containers
