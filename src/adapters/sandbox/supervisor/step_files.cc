// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/supervisor/step_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "adapters/files/files.h"

namespace tuesday::sandbox {
namespace {

constexpr std::size_t kSuffixBytesMax = 16;

struct FileOfVariable {
  const char* variable;
  const char* name;
};
constexpr FileOfVariable kFiles[] = {{"GITHUB_OUTPUT", "output"},
                                     {"GITHUB_ENV", "env"},
                                     {"GITHUB_PATH", "path"},
                                     {"GITHUB_STATE", "state"},
                                     {"GITHUB_STEP_SUMMARY", "summary"}};

Result<void> MakeFile(int folder, const std::string& name, std::string_view bytes,
                      const std::optional<supervise::UserIds>& user) {
  const files::Fd fd(::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.is_open()) return std::unexpected(files::SystemError("cannot make a step's file", name, errno));
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd.get(), bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return std::unexpected(files::SystemError("cannot write a step's file", name, errno));
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (user && ::fchown(fd.get(), user->uid, user->gid) != 0) {
    return std::unexpected(files::SystemError("cannot give away", name, errno));
  }
  return {};
}

bool IsPlainSuffix(const std::string& suffix) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
  };
  return suffix.size() <= kSuffixBytesMax && std::ranges::all_of(suffix, is_plain);
}

}  // namespace

Result<StepFiles> StepFiles::Make(const std::string& run_folder, const std::string& run_inside,
                                  const std::optional<supervise::UserIds>& user) {
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) return Fail(ErrorCode::kInternal, "There is no random number.");
  StepFiles made;
  made.name_ = fmt::format("{:016x}", random);
  made.inside_ = run_inside + "/" + made.name_;
  made.run_ = files::Fd(::open(run_folder.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!made.run_.is_open() || ::mkdirat(made.run_.get(), made.name_.c_str(), 0700) != 0) {
    return std::unexpected(files::SystemError("cannot make a step's folder in", run_folder, errno));
  }
  made.folder_ = files::Fd(::openat(made.run_.get(), made.name_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!made.folder_.is_open()) return std::unexpected(files::SystemError("cannot open a step's folder in", run_folder, errno));
  for (const auto& [variable, name] : kFiles) TRY_OK(MakeFile(made.folder_.get(), name, "", user));
  if (user && ::fchown(made.folder_.get(), user->uid, user->gid) != 0) {
    return std::unexpected(files::SystemError("cannot give away a folder in", run_folder, errno));
  }
  return made;
}

Result<void> StepFiles::Take(const StepOrder& order, const std::optional<supervise::UserIds>& user) {
  if (!IsPlainSuffix(order.script_suffix)) {
    return Fail(ErrorCode::kInvalid, "'" + order.script_suffix + "' is no ending of a script's name.");
  }
  script_name_ = "script" + order.script_suffix;
  script_ = inside_ + "/" + script_name_;
  return MakeFile(folder_.get(), script_name_, order.script, user);
}

std::map<std::string, std::string> StepFiles::Variables() const {
  std::map<std::string, std::string> variables;
  for (const auto& [variable, name] : kFiles) variables.emplace(variable, inside_ + "/" + name);
  return variables;
}

Result<std::string> StepFiles::Read(const std::string& variable) const {
  const auto* const found = std::ranges::find(kFiles, variable, [](const FileOfVariable& one) { return one.variable; });
  struct stat facts{};
  // Most are empty, and are not opened for that.
  const bool is_there = ::fstatat(folder_.get(), found->name, &facts, AT_SYMLINK_NOFOLLOW) == 0;
  if (!is_there && errno == ENOENT) return std::string();
  if (is_there && S_ISREG(facts.st_mode) && facts.st_size == 0) return std::string();
  const files::Fd fd(::openat(folder_.get(), found->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.is_open() && errno == ENOENT) return std::string();
  if (!fd.is_open() || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return Fail(ErrorCode::kInvalid, "The step made something else of its file " + variable + ".");
  }
  if (facts.st_size > static_cast<off_t>(kStepFileBytesMax)) {
    return Fail(ErrorCode::kInvalid, fmt::format("The step wrote {} bytes into its file {}; {} are taken.", facts.st_size,
                                                 variable, kStepFileBytesMax));
  }
  std::string text(static_cast<std::size_t>(facts.st_size), '\0');
  const ssize_t got = text.empty() ? 0 : ::pread(fd.get(), text.data(), text.size(), 0);
  if (got < 0) return std::unexpected(files::SystemError("cannot read", variable, errno));
  text.resize(static_cast<std::size_t>(got));
  return text;
}

void StepFiles::Remove() {
  ::unlinkat(folder_.get(), script_name_.c_str(), 0);
  for (const auto& [variable, name] : kFiles) ::unlinkat(folder_.get(), name, 0);
  // What the step put beside them stays until the place is closed.
  ::unlinkat(run_.get(), name_.c_str(), AT_REMOVEDIR);
  folder_.Close();
  run_.Close();
}

}  // namespace tuesday::sandbox
