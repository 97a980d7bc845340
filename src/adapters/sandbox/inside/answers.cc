// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/inside/answers.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "adapters/files/fd.h"
#include "core/workflow/glob/glob.h"
#include "ports/job_places.h"

namespace tuesday::sandbox {
namespace {

constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kBufferBytes = 256 << 10;
constexpr int kDepthMax = 200;
constexpr std::string_view kFollowLinks = "--follow-symbolic-links";

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void Add(const void* bytes, std::size_t size) { EVP_DigestUpdate(context_.get(), bytes, size); }
  std::string Digest() {
    std::string digest(kDigestBytes, '\0');
    EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
    return digest;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

std::string Hex(const std::string& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

// A plain file, or -1: pipes and devices would hold us up.
files::Fd OpenPlain(const std::string& path, struct stat& facts) {
  files::Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.is_open()) return {};
  if (::fstat(fd.get(), &facts) != 0) return {};
  if (S_ISREG(facts.st_mode)) return fd;
  errno = EISDIR;
  return {};
}

// Sorted, those with a dot first too.
std::vector<std::string> AllNamesIn(const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(folder.c_str()), [](DIR* open) { return ::closedir(open); });
  if (!listing) return names;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::ranges::sort(names);
  return names;
}

enum class Links { kLeft, kFollowed };

// The files below the workspace that match, in the order in which @actions/glob finds them.
class Hasher {
 public:
  Hasher(std::string workspace, workflow::Glob glob, Links links)
      : workspace_(std::move(workspace)), glob_(std::move(glob)), links_(links) {}

  bool Run() {
    for (const std::string& path : glob_.SearchPaths()) {
      // What is not below the workspace is not looked at.
      if (path != workspace_ && !path.starts_with(workspace_ + "/")) continue;
      if (!Look(path == workspace_ ? "" : path.substr(workspace_.size() + 1), 0)) return false;
    }
    return true;
  }

  std::string Digest() { return matched_ ? Hex(all_.Digest()) : ""; }

 private:
  std::string Path(const std::string& relative) const { return relative.empty() ? workspace_ : workspace_ + "/" + relative; }

  bool Look(const std::string& relative, int depth) {
    struct stat facts{};
    const std::string path = Path(relative);
    const int looked = links_ == Links::kFollowed ? ::stat(path.c_str(), &facts) : ::lstat(path.c_str(), &facts);
    if (looked != 0) return true;
    if (!S_ISDIR(facts.st_mode)) return relative.empty() || !glob_.Matches(relative) || File(relative);
    // Deeper than this is a link to a folder above.
    if (depth > kDepthMax) return links_ == Links::kFollowed;
    if (!relative.empty() && !glob_.MayHoldMatches(relative)) return true;
    for (const std::string& name : AllNamesIn(path)) {
      if (!Look(relative.empty() ? name : relative + "/" + name, depth + 1)) return false;
    }
    return true;
  }

  bool File(const std::string& relative) {
    struct stat facts{};
    const files::Fd fd = OpenPlain(Path(relative), facts);
    if (!fd.is_open()) return errno == EISDIR || errno == ENOENT;  // A link to a folder, or to nothing.
    Sha256 one;
    std::string buffer(kBufferBytes, '\0');
    for (ssize_t got = 0; (got = ::read(fd.get(), buffer.data(), buffer.size())) != 0;) {
      if (got < 0) return false;
      one.Add(buffer.data(), static_cast<std::size_t>(got));
    }
    const std::string digest = one.Digest();
    all_.Add(digest.data(), digest.size());
    matched_ = true;
    return true;
  }

  std::string workspace_;
  workflow::Glob glob_;
  Links links_;
  Sha256 all_;
  bool matched_ = false;
};

}  // namespace

int AnswerHash(const std::string& workspace, const std::vector<std::string>& patterns, int output) {
  const bool follows = !patterns.empty() && patterns.front() == kFollowLinks;
  std::string lines;
  for (std::size_t i = follows ? 1 : 0; i < patterns.size(); ++i) lines += patterns[i] + "\n";
  Result<workflow::Glob> glob = workflow::Glob::Parse(lines, workspace, {.home = kPlaceHome});
  if (!glob.has_value()) return kAnswerFailed;
  Hasher hasher(workspace, *std::move(glob), follows ? Links::kFollowed : Links::kLeft);
  if (!hasher.Run()) return kAnswerFailed;
  return WriteAll(output, hasher.Digest()) ? kAnswered : kAnswerFailed;
}

int AnswerRead(const std::string& path, std::uint64_t bytes_max, int output) {
  struct stat facts{};
  const files::Fd fd = OpenPlain(path, facts);
  if (!fd.is_open()) {
    if (errno == EISDIR) return kAnswerNoFile;
    return errno == ENOENT || errno == ENOTDIR ? kAnswerNotFound : kAnswerFailed;
  }
  std::uint64_t left = bytes_max;
  std::string buffer(kBufferBytes, '\0');
  for (ssize_t got = 0; (got = ::read(fd.get(), buffer.data(), buffer.size())) != 0;) {
    if (got < 0) return kAnswerFailed;
    if (static_cast<std::uint64_t>(got) > left) return kAnswerTooLarge;
    left -= static_cast<std::uint64_t>(got);
    if (!WriteAll(output, {buffer.data(), static_cast<std::size_t>(got)})) return kAnswerFailed;
  }
  return kAnswered;
}

}  // namespace tuesday::sandbox
