// SPDX-License-Identifier: Apache-2.0
#include "adapters/supervise/cgroup.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"

namespace tuesday::supervise {
namespace {

constexpr std::int64_t kCpuPeriodMicros = 100'000;
constexpr std::int64_t kCpuQuotaMinMicros = 1'000;      // The kernel's least.
constexpr std::string_view kSharesFile = "cpu.shares";  // Version 1.
constexpr std::string_view kWeightFile = "cpu.weight";  // Version 2.
constexpr int kRemoveTriesMax = 100;                    // A millisecond each.
const std::string kRoot = "/sys/fs/cgroup";

// Where we are in each hierarchy: "memory" -> folder; "" is version 2.
std::map<std::string, std::string> OwnGroups() {
  std::map<std::string, std::string> groups;
  const std::string text = files::ReadFile("/proc/self/cgroup", 1 << 16).value_or("");
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    if (path == "/") path.clear();
    if (controllers.empty()) {
      // Version 2 is the root itself, or a part of a hybrid machine where it has no controllers of its own.
      groups[""] = (files::Exists(kRoot + "/cgroup.controllers") ? kRoot : kRoot + "/unified") + path;
      continue;
    }
    for (std::size_t at = 0; at <= controllers.size();) {
      const std::size_t comma = std::min(controllers.find(',', at), controllers.size());
      const std::string controller = controllers.substr(at, comma - at);
      groups[controller] = kRoot + "/" + (files::Exists(kRoot + "/" + controller) ? controller : controllers) + path;
      at = comma + 1;
    }
  }
  return groups;
}

// cgroup files are written in place, in one write.
bool WriteGroupFile(const std::string& path, const std::string& value) {
  const files::Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return fd.is_open() && ::write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

// Kubernetes' own numbers (pkg/kubelet/cm/helpers_linux.go, MilliCPUToShares; KEP-2254 for the weight of version 2): a cpu is
// 1024 shares, a container that asks for nothing has the least, so that it runs on what the others leave.
constexpr std::int64_t kSharesOfCpu = 1024;
constexpr std::int64_t kSharesMin = 2;
constexpr std::int64_t kSharesMax = 262'144;
constexpr std::int64_t kWeightMax = 10'000;

std::int64_t SharesOf(std::int64_t milli) { return std::clamp(milli * kSharesOfCpu / 1000, kSharesMin, kSharesMax); }

std::int64_t WeightOf(std::int64_t shares) { return 1 + (shares - kSharesMin) * (kWeightMax - 1) / (kSharesMax - kSharesMin); }

// What all instances together have beside everything else on the machine: its cpus, as Kubernetes' `kubepods`.
std::int64_t SharesOfAll() { return SharesOf(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)) * 1000); }

struct Setting {
  std::string controller;
  std::string file_v1;
  std::string value_v1;
  std::string file_v2;
  std::string value_v2;
  std::string what;  // For the message when it cannot be set; empty: nobody asked for it.
};

std::vector<Setting> SettingsOf(const manifest::Resources& resources, int processes_max) {
  std::vector<Setting> settings;
  const std::string processes = std::to_string(processes_max);
  settings.push_back({"pids", "pids.max", processes, "pids.max", processes, ""});
  if (resources.memory_limit_bytes > 0) {
    const std::string bytes = std::to_string(resources.memory_limit_bytes);
    settings.push_back({"memory", "memory.limit_in_bytes", bytes, "memory.max", bytes, "memory"});
  }
  if (resources.cpu_limit_milli > 0) {
    const std::string period = std::to_string(kCpuPeriodMicros);
    const std::string quota = std::to_string(std::max(kCpuQuotaMinMicros, resources.cpu_limit_milli * kCpuPeriodMicros / 1000));
    settings.push_back({"cpu", "cpu.cfs_quota_us", quota, "cpu.max", quota + " " + period, "cpu"});
  }
  // Who has a limit and no request asks for its limit, as in Kubernetes.
  const std::int64_t asked = resources.cpu_request_milli > 0 ? resources.cpu_request_milli : resources.cpu_limit_milli;
  const std::int64_t shares = SharesOf(asked);
  settings.push_back({"cpu", std::string(kSharesFile), std::to_string(shares), std::string(kWeightFile),
                      std::to_string(WeightOf(shares)), ""});
  return settings;
}

void AddFolder(LimitGroups& groups, const std::string& folder) {
  if (std::find(groups.folders.begin(), groups.folders.end(), folder) == groups.folders.end()) {
    groups.folders.push_back(folder);
  }
}

void AddFailure(LimitGroups& groups, const std::string& what) {
  if (what.empty()) return;
  groups.message += groups.message.empty() ? "Not enforced here: " : ", ";
  groups.message += "the " + what + " limit";
}

// Without it, all instances together would count as one process of the machine.
void ShareOut(const std::string& folder) {
  if (WriteGroupFile(folder + "/" + std::string(kSharesFile), std::to_string(SharesOfAll()))) return;
  WriteGroupFile(folder + "/" + std::string(kWeightFile), std::to_string(WeightOf(SharesOfAll())));
}

bool MakeFolder(const std::string& parent, const std::string& name) {
  ::mkdir((parent + "/tuesday").c_str(), 0755);
  return ::mkdir((parent + "/tuesday/" + name).c_str(), 0755) == 0 || errno == EEXIST;
}

LimitGroups MakeGroupsV1(const std::map<std::string, std::string>& own, const std::string& name,
                         const std::vector<Setting>& settings) {
  LimitGroups groups;
  for (const auto& setting : settings) {
    const auto parent = own.find(setting.controller);
    const bool made = parent != own.end() && MakeFolder(parent->second, name);
    if (!made) {
      AddFailure(groups, setting.what);
      continue;
    }
    if (setting.controller == "cpu") ShareOut(parent->second + "/tuesday");
    const std::string folder = parent->second + "/tuesday/" + name;
    AddFolder(groups, folder);
    if (!WriteGroupFile(folder + "/" + setting.file_v1, setting.value_v1)) AddFailure(groups, setting.what);
  }
  return groups;
}

LimitGroups MakeGroupsV2(const std::string& own, const std::string& name, const std::vector<Setting>& settings) {
  LimitGroups groups;
  const std::string folder = own + "/tuesday/" + name;
  const bool made = MakeFolder(own, name);
  for (const auto& setting : settings) {
    // A group with processes of its own gives its children no controllers, unless it is the root.
    const bool given = made && WriteGroupFile(own + "/cgroup.subtree_control", "+" + setting.controller) &&
                       WriteGroupFile(own + "/tuesday/cgroup.subtree_control", "+" + setting.controller);
    if (given && setting.controller == "cpu") ShareOut(own + "/tuesday");
    if (!given || !WriteGroupFile(folder + "/" + setting.file_v2, setting.value_v2)) AddFailure(groups, setting.what);
  }
  if (made) AddFolder(groups, folder);
  return groups;
}

bool IsV2(const std::map<std::string, std::string>& own) { return own.size() == 1 && own.contains(""); }

std::int64_t NumberAfter(const std::string& text, std::string_view word) {
  const std::size_t found = text.find(word);
  if (found == std::string::npos) return 0;
  std::int64_t number = 0;
  std::from_chars(text.data() + found + word.size(), text.data() + text.size(), number);
  return number;
}

}  // namespace

LimitGroups MakeGroups(const std::string& name, const manifest::Resources& resources, int processes_max) {
  const auto own = OwnGroups();
  const auto settings = SettingsOf(resources, processes_max);
  LimitGroups groups = IsV2(own) ? MakeGroupsV2(own.at(""), name, settings) : MakeGroupsV1(own, name, settings);
  if (!groups.message.empty()) groups.message += " (no right to make cgroups of this kind).";
  return groups;
}

std::int64_t OutOfMemoryKills(const std::vector<std::string>& folders) {
  std::int64_t kills = 0;
  for (const auto& folder : folders) {
    kills += NumberAfter(files::ReadFile(folder + "/memory.oom_control", 4096).value_or(""), "oom_kill ");
    kills += NumberAfter(files::ReadFile(folder + "/memory.events", 4096).value_or(""), "oom_kill ");
  }
  return kills;
}

std::string CpuShareOf(const std::vector<std::string>& folders) {
  for (const auto& folder : folders) {
    for (const std::string_view file : {kSharesFile, kWeightFile}) {
      std::string text = files::ReadFile(folder + "/" + std::string(file), 4096).value_or("");
      if (!text.empty()) return std::string(file) + " " + text.substr(0, text.find('\n'));
    }
  }
  return {};
}

void KillGroups(const std::vector<std::string>& folders) {
  for (const auto& folder : folders) {
    if (WriteGroupFile(folder + "/cgroup.kill", "1")) continue;
    const std::string text = files::ReadFile(folder + "/cgroup.procs", 1 << 20).value_or("");
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
      pid_t pid = 0;
      const auto [next, error] = std::from_chars(at, end, pid);
      if (error == std::errc() && pid > 1) ::kill(pid, SIGKILL);
      at = next + 1;
    }
  }
}

void RemoveGroups(const std::vector<std::string>& folders) {
  for (const auto& folder : folders) {
    // Who was just killed is still inside until the kernel is done with it.
    for (int tries = 0; ::rmdir(folder.c_str()) != 0 && errno == EBUSY && tries < kRemoveTriesMax; ++tries) {
      ::poll(nullptr, 0, 1);
    }
    // The folder `tuesday` goes with its last instance.
    ::rmdir(folder.substr(0, folder.rfind('/')).c_str());
  }
}

std::string DescribeLimits() {
  const auto own = OwnGroups();
  const std::string version = IsV2(own) ? "cgroup v2" : "cgroup v1";
  const std::string probe = "doctor-" + std::to_string(::getpid());
  const LimitGroups groups = MakeGroups(probe, {500, 1000, 0, 64 << 20});
  const bool shares = !CpuShareOf(groups.folders).empty();
  RemoveGroups(groups.folders);
  const std::string sharing =
      shares ? " Busy instances share the cpu by their requests." : " The cpu is not shared by requests.";
  if (!groups.message.empty()) return groups.message + sharing;
  return "Limits of memory, cpu and processes are enforced (" + version + ")." + sharing;
}

}  // namespace tuesday::supervise
