// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/instance_process.h"

#include <unistd.h>

#include "adapters/files/files.h"

namespace tuesday::process {
namespace {

constexpr std::string_view kSystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// Where the instance sees `path`: inside its artifact when that has it.
std::string PathSeen(const InstanceSpec& spec, const std::string& path) {
  if (spec.artifact_folder.empty() || path.empty()) return path;
  if (path.front() != '/') return spec.artifact_folder + "/" + path;
  const std::string inside = spec.artifact_folder + path;
  return files::Exists(inside) ? inside : path;
}

std::map<std::string, std::string> EnvironmentOf(const InstanceSpec& spec, std::uint16_t port) {
  std::map<std::string, std::string> environment;
  const std::string& artifact = spec.artifact_folder;
  environment["PATH"] =
      artifact.empty() ? std::string(kSystemPath) : artifact + ":" + artifact + "/bin:" + std::string(kSystemPath);
  environment["HOSTNAME"] = spec.instance.str();
  environment["PORT"] = std::to_string(port);
  for (const auto& [name, value] : spec.environment) {
    // PORT is ours: the edge sends requests there, whatever the manifest says.
    if (name != "PORT") environment[name] = value;
  }
  // A second pass: a value may name variables, as in Kubernetes.
  std::map<std::string, std::string> expanded = environment;
  for (auto& [name, value] : expanded) value = ExpandVariables(value, environment);
  return expanded;
}

}  // namespace

std::string ExpandVariables(std::string_view text, const std::map<std::string, std::string>& variables) {
  std::string expanded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '$' || at + 1 == text.size()) {
      expanded += text[at];
      continue;
    }
    if (text[at + 1] == '$') {
      expanded += '$';
      ++at;
      continue;
    }
    const std::size_t close = text[at + 1] == '(' ? text.find(')', at) : std::string_view::npos;
    const auto found =
        close == std::string_view::npos ? variables.end() : variables.find(std::string(text.substr(at + 2, close - at - 2)));
    if (found == variables.end()) {
      expanded += '$';
      continue;
    }
    expanded += found->second;
    at = close;
  }
  return expanded;
}

Result<supervise::SpawnPlan> PlanProcess(const InstanceSpec& spec, std::uint16_t port) {
  supervise::SpawnPlan plan;
  plan.environment = EnvironmentOf(spec, port);
  plan.argv = spec.command;
  if (!spec.artifact_folder.empty() && !files::Exists(spec.artifact_folder)) {
    return Fail(ErrorCode::kNotFound, "The artifact's folder '" + spec.artifact_folder + "' is gone.",
                "Bind the image again with `tuesday image bind`.");
  }
  if (plan.argv.empty()) {
    if (spec.artifact_folder.empty() || !files::Exists(spec.artifact_folder + "/run")) {
      return Fail(ErrorCode::kNotFound, "The container has no command and its artifact no executable `run`.",
                  "Give `command` in the pod template, or put an executable `run` into the artifact.");
    }
    plan.argv = {spec.artifact_folder + "/run"};
  }
  plan.argv.insert(plan.argv.end(), spec.args.begin(), spec.args.end());
  for (auto& argument : plan.argv) argument = ExpandVariables(argument, plan.environment);
  if (plan.argv.front().starts_with('/')) plan.argv.front() = PathSeen(spec, plan.argv.front());
  plan.working_folder = spec.working_dir.empty() ? spec.artifact_folder : PathSeen(spec, spec.working_dir);
  if (::geteuid() == 0 && !spec.user.empty()) plan.user = supervise::FindUser(spec.user);
  // Without its supervisor nobody would restart it, probe it or read its output.
  plan.on_parent_death = supervise::OnParentDeath::kDie;
  return plan;
}

}  // namespace tuesday::process
