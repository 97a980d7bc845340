// SPDX-License-Identifier: Apache-2.0
// How long a step takes beside what its command takes: start to start of `true` in bash, in one sandbox.
//   steps_bench SUPERVISOR... — prints the median and the 99th percentile in milliseconds, and what bash alone takes.
#include <fmt/format.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "adapters/sandbox/sandbox_places.h"
#include "adapters/supervise/poll_loop.h"

namespace {

using tuesday::supervise::BootNow;

constexpr int kSteps = 200;

double Ms(tuesday::Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

void Print(const char* what, std::vector<tuesday::Duration> all) {
  std::ranges::sort(all);
  fmt::print("{:24} median {:.3f} ms, p99 {:.3f} ms, least {:.3f} ms\n", what, Ms(all[all.size() / 2]),
             Ms(all[all.size() * 99 / 100]), Ms(all.front()));
}

tuesday::Duration RunBash() {
  const auto begun = BootNow();
  pid_t pid = 0;
  const char* argv[] = {"/bin/bash", "-e", "-c", "true", nullptr};
  char* const none[] = {nullptr};
  ::posix_spawn(&pid, argv[0], nullptr, nullptr, const_cast<char* const*>(argv), none);
  ::waitpid(pid, nullptr, 0);
  return BootNow() - begun;
}

tuesday::StepOrder Step(int ordinal) {
  tuesday::StepOrder step;
  step.id = fmt::format("s{}", ordinal);
  step.ordinal = ordinal;
  step.argv = {"/bin/bash", "-e", "{0}"};
  step.script = "true\n";
  step.script_suffix = ".sh";
  for (int i = 0; i < 60; ++i) step.environment[fmt::format("GITHUB_VARIABLE_{}", i)] = "some value of usual length";
  return step;
}

int Measure(const std::vector<std::string>& supervisor) {
  std::string pattern = (std::filesystem::temp_directory_path() / "tuesday-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return 2;
  tuesday::sandbox::SandboxPlaces places({pattern, supervisor});
  tuesday::PlaceSpec spec;
  spec.id = tuesday::PlaceId("bench");
  spec.workspace = "/home/runner/work/app/app";
  const auto opening = BootNow();
  if (const auto opened = places.Open(spec); !opened.has_value()) {
    fmt::print(stderr, "{}\n", tuesday::ErrorText(opened.error()));
    return 1;
  }
  fmt::print("{:24} {:.1f} ms\n", "open", Ms(BootNow() - opening));
  std::vector<tuesday::Duration> steps;
  std::vector<tuesday::Duration> bash;
  for (int ordinal = 1; ordinal <= kSteps; ++ordinal) {
    const auto begun = BootNow();
    const auto started = places.Start(spec.id, Step(ordinal));
    const auto view = places.Look(spec.id, ordinal - 1, std::chrono::seconds(60));
    if (!started.has_value() || !view.has_value() || view->reports.empty() || view->reports[0].exit_code != 0) return 1;
    steps.push_back(BootNow() - begun);
    bash.push_back(RunBash());
  }
  Print("step, start to start", steps);
  Print("bash alone", bash);
  const auto closing = BootNow();
  const bool closed = places.Close(spec.id).has_value();
  fmt::print("{:24} {:.1f} ms\n", "close", Ms(BootNow() - closing));
  std::filesystem::remove_all(pattern);
  return closed ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) { return Measure({argv + 1, argv + argc}); }
