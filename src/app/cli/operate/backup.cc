// SPDX-License-Identifier: Apache-2.0
// `backup` and `restore`: the folder is read and written here, not by the daemon, so that both work when it does not.
#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "adapters/clock/system_clock.h"
#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "app/backup/restore.h"
#include "app/cli/operate/operate_line.h"

namespace tuesday::cli {
namespace {

constexpr Duration kTellEvery = std::chrono::seconds(1);

// A folder of our own that is gone with it. It takes a copy of the database, so nobody else may look in.
class Scratch {
 public:
  static Result<Scratch> In(const std::string& folder) {
    std::string path = folder + "/.tuesday-backup-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) {
      return std::unexpected(files::SystemError("cannot make a folder in", folder, errno));
    }
    return Scratch(std::move(path));
  }
  explicit Scratch(std::string path) : path_(std::move(path)) {}
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Scratch& operator=(Scratch&&) = delete;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (!path_.empty()) static_cast<void>(files::RemoveTree(path_));
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// "12.3 MiB" on standard error, once a second.
class Progress {
 public:
  void Add(std::size_t bytes) {
    bytes_ += bytes;
    if (clock_.Now() - told_at_ < kTellEvery) return;
    told_at_ = clock_.Now();
    std::fprintf(stderr, "%.1f MiB\n", static_cast<double>(bytes_) / (1 << 20));
  }

 private:
  SystemClock clock_;
  Instant told_at_ = clock_.Now();
  std::uint64_t bytes_ = 0;
};

std::string FolderOf(const std::string& file) {
  const std::filesystem::path parent = std::filesystem::absolute(file).parent_path();
  return parent.empty() ? "/" : parent.string();
}

std::string ScratchPlace(const std::string& file) {
  return file == "-" ? std::filesystem::temp_directory_path().string() : FolderOf(file);
}

Result<std::string> NewId() {
  unsigned char bytes[8];
  if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) return Fail(ErrorCode::kUnavailable, "There is no randomness.");
  std::string id;
  for (const unsigned char byte : bytes) id += fmt::format("{:02x}", byte);
  return id;
}

Result<void> WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(files::SystemError("cannot write", path, errno));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<backup::Summary> WriteTo(int fd, const std::string& path, const std::string& state, const OperateOptions& options) {
  TRY(const Scratch scratch, Scratch::In(ScratchPlace(options.file)));
  TRY(const std::string id, NewId());
  backup::Header header{.id = id,
                        .taken_at = WallText(SystemClock().Wall()),
                        .program = kProgramText,
                        .keys = options.with_keys ? backup::Keys::kIncluded : backup::Keys::kLeftOut};
  Progress progress;
  return backup::WriteBackup({state, scratch.path(), header, [&](std::string_view bytes) {
                                progress.Add(bytes.size());
                                return WriteAll(fd, bytes, path);
                              }});
}

// The file appears whole or not at all.
Result<backup::Summary> WriteFile(const std::string& state, const OperateOptions& options) {
  const std::string partial = options.file + ".partial";
  const files::Fd fd(::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.is_open()) return std::unexpected(files::SystemError("cannot create", partial, errno));
  Result<backup::Summary> summary = WriteTo(fd.get(), partial, state, options);
  if (summary && (::fsync(fd.get()) != 0 || ::rename(partial.c_str(), options.file.c_str()) != 0)) {
    summary = std::unexpected(files::SystemError("cannot write", options.file, errno));
  }
  if (!summary) {
    ::unlink(partial.c_str());
    return summary;
  }
  TRY_OK(files::SyncFolder(FolderOf(options.file)));
  return summary;
}

Json SummaryJson(const backup::Summary& summary) {
  return Json(Json::Object{{"id", summary.header.id},
                           {"taken_at", summary.header.taken_at},
                           {"program", summary.header.program},
                           {"keys", summary.header.keys == backup::Keys::kIncluded},
                           {"database_format", summary.header.database_format},
                           {"entries", summary.entries},
                           {"bytes", summary.bytes}});
}

std::string SummaryText(const backup::Summary& summary) {
  return fmt::format("{} entries, {:.1f} MiB, taken at {} by {}{}", summary.entries,
                     static_cast<double>(summary.bytes) / (1 << 20), summary.header.taken_at, summary.header.program,
                     summary.header.keys == backup::Keys::kIncluded ? ", with its keys" : ", without keys");
}

int RunCheckBackup(const Globals& globals, const OperateOptions& options) {
  const Result<backup::Summary> summary = [&]() -> Result<backup::Summary> {
    TRY(const backup::TarReader::Source source, backup::OpenSource(options.file));
    TRY(const Scratch scratch, Scratch::In(std::filesystem::temp_directory_path().string()));
    return backup::CheckBackup(source, scratch.path());
  }();
  if (!summary) return ReportError(summary.error(), globals);
  globals.json ? PrintJson(SummaryJson(*summary))
               : static_cast<void>(std::printf("%s: whole. %s.\n", options.file.c_str(), SummaryText(*summary).c_str()));
  return kExitPass;
}

}  // namespace

int RunBackup(const Globals& globals, const OperateOptions& options) {
  if (options.check) return RunCheckBackup(globals, options);
  const std::string state = StateDirOf(globals);
  const bool to_output = options.file == "-";
  if (to_output && (globals.json || ::isatty(STDOUT_FILENO) == 1)) {
    return ReportError({ErrorCode::kInvalid, "A backup is no text for a terminal, and leaves no room for --json.",
                        "Send it on: tuesday backup - | ssh other 'cat > tuesday.tar'"},
                       Globals());
  }
  const Result<backup::Summary> summary =
      to_output ? WriteTo(STDOUT_FILENO, "standard output", state, options) : WriteFile(state, options);
  if (!summary) return ReportError(summary.error(), globals);
  if (globals.json) {
    PrintJson(SummaryJson(*summary));
  } else {
    std::fprintf(to_output ? stderr : stdout, "%s\n", SummaryText(*summary).c_str());
  }
  return kExitPass;
}

int RunRestore(const Globals& globals, const OperateOptions& options) {
  if (options.check) return RunCheckBackup(globals, options);
  const std::string state = std::filesystem::absolute(StateDirOf(globals)).lexically_normal().string();
  const Result<backup::Restored> restored = [&]() -> Result<backup::Restored> {
    TRY(const backup::TarReader::Source source, backup::OpenSource(options.file));
    const auto existing = options.replace ? backup::Existing::kMoveAside : backup::Existing::kRefuse;
    return backup::Restore({state, source, existing, SystemClock().Wall()});
  }();
  if (!restored) return ReportError(restored.error(), globals);
  if (globals.json) {
    Json json = SummaryJson(restored->summary);
    json.as_object()->emplace("state", state);
    json.as_object()->emplace("replaced", restored->aside);
    PrintJson(json);
    return kExitPass;
  }
  std::printf("%s has the state of %s: %s.\n", state.c_str(), restored->summary.header.taken_at.c_str(),
              SummaryText(restored->summary).c_str());
  if (!restored->aside.empty()) std::printf("The state before is in %s.\n", restored->aside.c_str());
  if (restored->summary.header.keys == backup::Keys::kLeftOut && !files::Exists(state + "/secret.key")) {
    std::puts("It came without keys: put secret.key into that folder before the daemon is started, or set the secrets again.");
  }
  std::puts("Start the daemon: it takes over what runs, and says in the journal where the world was ahead.");
  return kExitPass;
}

}  // namespace tuesday::cli
