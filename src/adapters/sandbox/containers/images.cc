// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/containers/images.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "adapters/sandbox/containers/say.h"
#include "adapters/supervise/run_program.h"
#include "base/digest.h"

namespace tuesday::sandbox {
namespace {

using containers::Engine;
using workflow::ContainerPlan;

constexpr std::size_t kDigestShown = 32;
constexpr std::size_t kResolverBytesMax = 4096;

std::string Variable(const char* name) {
  const char* const value = ::getenv(name);
  return value == nullptr ? "" : value;
}

// The folder below `root`, over no link: what the job wrote there leads nowhere else.
Result<files::Fd> OpenFolderBelow(const std::string& root, const std::string& relative) {
  const files::Fd folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  files::Fd opened(static_cast<int>(::syscall(SYS_openat2, folder.get(), relative.c_str(), &how, sizeof how)));
  if (!opened.is_open()) return std::unexpected(files::SystemError("cannot open the action's folder", relative, errno));
  return opened;
}

// In one order and without times, so that the same files are the same bytes.
Result<std::string> PackFolder(int folder) {
  TRY(supervise::Printed packed,
      supervise::RunProgram({"tar", "-C", fmt::format("/proc/{}/fd/{}", ::getpid(), folder), "--sort=name", "--mtime=@0",
                             "--owner=0", "--group=0", "--numeric-owner", "-cf", "-", "."}));
  if (packed.exit_code != 0) return Fail(ErrorCode::kUnavailable, "The action's folder cannot be packed: " + packed.errors);
  return std::move(packed.output);
}

// The file as it was packed: who writes in the folder meanwhile changes nothing.
Result<std::string> DockerfileOf(const std::string& packed, const std::string& name) {
  files::Fd memory(::memfd_create("context", MFD_CLOEXEC));
  for (std::size_t at = 0; at < packed.size();) {
    const ssize_t wrote = ::write(memory.get(), packed.data() + at, packed.size() - at);
    if (wrote <= 0) return std::unexpected(files::SystemError("cannot hold", "an action's folder", errno));
    at += static_cast<std::size_t>(wrote);
  }
  ::lseek(memory.get(), 0, SEEK_SET);
  TRY(supervise::Printed text,
      supervise::RunProgram({"tar", "-xOf", "-", "./" + name}, {}, {.input = memory.get(), .output_path = ""}));
  if (text.exit_code != 0 || text.output.empty())
    return Fail(ErrorCode::kNotFound, "The action has no Dockerfile '" + name + "' that is a file in its folder.");
  return std::move(text.output);
}

// What an ADD fetches comes over the engine's own network, past what the job may reach.
Result<void> CheckDockerfile(const std::string& packed, const std::string& name) {
  TRY(std::string text, DockerfileOf(packed, name));
  for (const std::string_view continued : {"\\\n", "\\\r\n", "`\n", "`\r\n"}) {
    for (std::size_t at = 0; (at = text.find(continued, at)) != std::string::npos;) text.erase(at, continued.size());
  }
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    const auto is = [&word](const char* wanted) { return ::strcasecmp(word.c_str(), wanted) == 0; };
    if (is("ONBUILD")) words >> word;
    const bool fetches =
        line.find("://") != std::string::npos || line.find('$') != std::string::npos || line.find('@') != std::string::npos;
    if (!is("ADD") || !fetches) continue;
    return Fail(ErrorCode::kUnsupported,
                "The Dockerfile adds from an address, which the engine would fetch past the job's network: " + line,
                "Fetch it with RUN.");
  }
  return {};
}

containers::BuildTerms TermsOf(const ContainerTerms& terms) {
  containers::BuildTerms build{.network_path = fmt::format("/proc/{}/ns/net", terms.network_owner),
                               .name_servers = {},
                               .capabilities_dropped = DroppedCapabilities("CAP_")};
  std::istringstream resolver(files::ReadFile(terms.folder.etc() + "/resolv.conf", kResolverBytesMax).value_or(""));
  for (std::string word; resolver >> word;) {
    if (word == "nameserver" && resolver >> word) build.name_servers.push_back(word);
  }
  return build;
}

}  // namespace

Result<Engine> OpenEngine() {
  TRY(const std::string socket, containers::FindEngineSocket(Variable("TUESDAY_CONTAINERS_SOCKET"), Variable("DOCKER_HOST")));
  if (::geteuid() != 0) {
    return Fail(ErrorCode::kUnsupported,
                "Jobs have containers only where tuesday runs as root: a container joins the job's network.",
                "Run the daemon as root.");
  }
  Engine engine(socket);
  TRY(const containers::EngineVersion version, engine.Version());
  if (!version.is_podman) {
    return Fail(ErrorCode::kUnsupported,
                fmt::format("The container engine at {} is no podman, and no other one lets a container "
                            "join the network of a job.",
                            socket),
                "apt-get install podman runc && systemctl enable --now podman.socket, and set DOCKER_HOST to its socket.");
  }
  return engine;
}

Result<void> HaveImage(const Engine& engine, const ContainerPlan& plan) {
  TRY(const auto here, engine.FindImage(plan.image));
  if (here && containers::RegistryOf(plan.image) == "localhost") return {};
  std::optional<containers::RegistryLogin> login;
  if (!plan.user.empty()) login = containers::RegistryLogin{containers::RegistryOf(plan.image), plan.user, plan.password};
  SayLine("Pulling " + plan.image);
  const Result<void> pulled = engine.Pull(plan.image, login, [](const std::string& line) { SayLine(line); });
  if (pulled.has_value()) return {};
  if (here && pulled.error().code == ErrorCode::kUnavailable) {
    SayLine(fmt::format("##[warning]{} is taken as it is on this machine: {}", plan.image, pulled.error().message));
    return {};
  }
  return std::unexpected(pulled.error());
}

Result<std::string> BuildImage(const Engine& engine, const ContainerTerms& terms, const ContainerPlan& plan) {
  std::string root;
  const std::optional<std::string> relative = HostPathOf(terms, plan.build_folder, root);
  if (!relative) return Fail(ErrorCode::kNotFound, "The job does not see '" + plan.build_folder + "'.");
  TRY(const files::Fd folder, OpenFolderBelow(root, *relative));
  TRY(const std::string packed, PackFolder(folder.get()));
  const std::string tag =
      fmt::format("localhost/tuesday-action:{}", Sha256Hex(plan.dockerfile + '\0' + packed).substr(0, kDigestShown));
  TRY(const auto built, engine.FindImage(tag));
  if (built) return tag;
  TRY_OK(CheckDockerfile(packed, plan.dockerfile));
  const Group group("Building " + plan.build_folder + "/" + plan.dockerfile);
  TRY_OK(engine.Build(packed, tag, plan.dockerfile, TermsOf(terms), [](const std::string& line) { SayLine(line); }));
  return tag;
}

}  // namespace tuesday::sandbox
