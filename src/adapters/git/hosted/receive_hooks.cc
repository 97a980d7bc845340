// SPDX-License-Identifier: Apache-2.0
#include "adapters/git/hosted/receive_hooks.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <istream>
#include <ostream>
#include <sstream>
#include <vector>

#include "adapters/git/git.h"
#include "adapters/git/hosted/change_file.h"
#include "adapters/git/hosted/git_repositories.h"
#include "adapters/git/hosted/packet_line.h"
#include "core/workflow/event/facts.h"
#include "core/workflow/repository/names.h"

namespace tuesday::git {
namespace {

constexpr std::size_t kTopicMax = 100;

struct Push {
  std::string before;
  std::string after;
  std::string ref;
};

Push PushOf(const std::string& line) {
  Push push;
  std::istringstream(line) >> push.before >> push.after >> push.ref;
  return push;
}

std::string TopicOf(const std::vector<std::string>& options) {
  for (const std::string& option : options) {
    if (option.starts_with("topic=")) return option.substr(6);
  }
  return {};
}

// The change that the push makes or moves; its ref is set.
Result<GitChange> TakeChange(const std::string& folder, const Pusher& pusher, const Push& push, std::string topic) {
  if (push.after == workflow::kNoCommit) return Fail(ErrorCode::kInvalid, "a change is not taken away by a push");
  TRY(const workflow::Refs refs, ReadRefsOf(folder));
  const auto target = workflow::ReviewTargetOf(push.ref, refs);
  if (!target.has_value()) return Fail(ErrorCode::kNotFound, "there is no such branch to merge into");
  if (topic.empty()) topic = target->topic;
  if (topic.size() > kTopicMax) return Fail(ErrorCode::kInvalid, "the topic is too long");
  TRY(const ChangeFiles files, ChangeFiles::Lock(folder));
  TRY(GitChange change, files.ChangeFor(target->branch, topic, push.after));
  const GitOptions in{.folder = folder, .environment = {{"GIT_DIR", folder}}};
  TRY(change.title, GitLine({"log", "-1", "--format=%s", push.after}, in));
  change.author = pusher.name;
  change.is_trusted = pusher.is_trusted;
  TRY_OK(files.Write(change));
  TRY_OK(RunGit({"update-ref", workflow::HeadRefOf(change.number), push.after}, in));
  return change;
}

}  // namespace

Pusher PusherOfEnvironment() {
  const char* name = std::getenv(kPusherVariable);
  const char* trusted = std::getenv(kTrustVariable);
  if (name != nullptr) return {name, trusted != nullptr && std::string_view(trusted) == "1"};
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 1024> buffer{};
  getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found);
  return {fmt::format("{} (uid {})", found == nullptr ? "?" : found->pw_name, ::getuid()), true};
}

Result<void> PreReceive(std::istream& in, const Pusher& pusher) {
  std::string refused;
  for (std::string line; std::getline(in, line);) {
    const Push push = PushOf(line);
    if (push.ref.starts_with("refs/for/")) continue;
    const bool is_branch = push.ref.starts_with("refs/heads/") || push.ref.starts_with("refs/tags/");
    if (is_branch && pusher.is_trusted) continue;
    refused += is_branch ? fmt::format("\n  {}: you may look; a change for review goes to refs/for/<branch>", push.ref)
                         : fmt::format("\n  {}: only branches, tags and refs/for/<branch> are pushed", push.ref);
  }
  if (refused.empty()) return {};
  return Fail(ErrorCode::kDenied, "Nothing was taken." + refused);
}

Result<void> ProcReceive(const std::string& folder, const Pusher& pusher, std::istream& in, std::ostream& out) {
  TRY(const std::vector<std::string> hello, ReadPackets(in));
  const bool has_options = !hello.empty() && hello.front().find("push-options") != std::string::npos;
  out << PacketOf(has_options ? std::string_view("version=1\0push-options", 22) : std::string_view("version=1")) << kFlushPacket
      << std::flush;
  TRY(const std::vector<std::string> pushes, ReadPackets(in));
  std::vector<std::string> options;
  if (has_options) {
    TRY(options, ReadPackets(in));
  }
  for (const std::string& line : pushes) {
    const Push push = PushOf(line);
    const Result<GitChange> change = TakeChange(folder, pusher, push, TopicOf(options));
    if (!change.has_value()) {
      out << PacketOf(fmt::format("ng {} {}", push.ref, change.error().message));
      continue;
    }
    out << PacketOf("ok " + push.ref) << PacketOf("option refname " + workflow::HeadRefOf(change->number))
        << PacketOf("option new-oid " + push.after);
  }
  out << kFlushPacket << std::flush;
  return {};
}

}  // namespace tuesday::git
