// SPDX-License-Identifier: Apache-2.0
#include "adapters/git/hosted/change_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <utility>

#include "adapters/files/files.h"
#include "adapters/git/git.h"
#include "base/json.h"

namespace tuesday::git {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = 64 << 10;

std::string PathOf(const std::string& folder, int number) { return fmt::format("{}/tuesday/changes/{}.json", folder, number); }

// Objects of a push stand in a place of their own until its hooks have agreed; git tells us where.
GitOptions In(const std::string& folder) { return {.folder = folder, .environment = {{"GIT_DIR", folder}}}; }

std::string ChangeIdOf(const std::string& folder, const std::string& commit) {
  return GitLine({"log", "-1", "--format=%(trailers:key=Change-Id,valueonly)", commit}, In(folder)).value_or("");
}

int LastNumber(const std::string& folder) {
  int last = 0;
  std::error_code error;
  for (fs::directory_iterator it(folder + "/tuesday/changes", error), end; it != end && !error; it.increment(error)) {
    int number = 0;
    const std::string stem = it->path().stem().string();
    if (std::from_chars(stem.data(), stem.data() + stem.size(), number).ec == std::errc()) last = std::max(last, number);
  }
  return last;
}

}  // namespace

Result<GitChange> ReadChangeFile(const std::string& folder, int number) {
  TRY(const std::string text, files::ReadFile(PathOf(folder, number), kFileBytesMax));
  TRY(const Json json, ParseJson(text));
  return GitChange{.number = number,
                   .base_branch = json.At("base").StringOr(""),
                   .topic = json.At("topic").StringOr(""),
                   .title = json.At("title").StringOr(""),
                   .author = json.At("author").StringOr(""),
                   .is_trusted = json.At("trusted").BoolOr(false)};
}

Result<ChangeFiles> ChangeFiles::Lock(const std::string& folder) {
  TRY_OK(files::MakeFolders(folder + "/tuesday/changes", 0755));
  const std::string path = folder + "/tuesday/lock";
  const int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return std::unexpected(files::SystemError("cannot open", path, errno));
  while (::flock(lock, LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    ::close(lock);
    return std::unexpected(files::SystemError("cannot lock", path, errno));
  }
  return ChangeFiles(folder, lock);
}

ChangeFiles::ChangeFiles(ChangeFiles&& other) noexcept
    : folder_(std::move(other.folder_)), lock_(std::exchange(other.lock_, -1)) {}

ChangeFiles::~ChangeFiles() {
  if (lock_ >= 0) ::close(lock_);
}

Result<GitChange> ChangeFiles::ChangeFor(const std::string& branch, const std::string& topic, const std::string& head) const {
  const int last = LastNumber(folder_);
  const std::string id = ChangeIdOf(folder_, head);
  for (int number = last; number > 0; --number) {
    const Result<GitChange> change = ReadChangeFile(folder_, number);
    if (!change.has_value() || change->base_branch != branch) continue;
    const auto old = GitLine({"rev-parse", "--verify", "--quiet", workflow::HeadRefOf(number)}, In(folder_));
    if (!topic.empty() || !change->topic.empty()) {
      if (topic == change->topic) return *change;
      continue;
    }
    if (!old.has_value()) continue;
    if (!id.empty() && id == ChangeIdOf(folder_, *old)) return *change;
    const bool is_merged = RunGit({"merge-base", "--is-ancestor", *old, "refs/heads/" + branch}, In(folder_)).has_value();
    if (!is_merged && RunGit({"merge-base", "--is-ancestor", *old, head}, In(folder_)).has_value()) return *change;
  }
  GitChange made;
  made.number = last + 1;
  made.base_branch = branch;
  made.topic = topic;
  return made;
}

Result<void> ChangeFiles::Write(const GitChange& change) const {
  const Json json(Json::Object{{"base", Json(change.base_branch)},
                               {"topic", Json(change.topic)},
                               {"title", Json(change.title)},
                               {"author", Json(change.author)},
                               {"trusted", Json(change.is_trusted)}});
  return files::WriteFileDurably(PathOf(folder_, change.number), CanonicalJson(json) + "\n", 0644);
}

}  // namespace tuesday::git
