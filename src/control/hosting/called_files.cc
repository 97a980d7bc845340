// SPDX-License-Identifier: Apache-2.0
#include "control/hosting/called_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/workflow/called_name.h"

namespace tuesday::control {
namespace {

constexpr std::size_t kCommitLetters = 40;

bool IsCommit(std::string_view text) {
  return text.size() == kCommitLetters && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Result<workflow::CalledFile> FilesAt::Find(std::string_view caller, std::string_view ref) const {
  const std::string name = workflow::CalledName(caller, ref);
  if (name.starts_with("..")) return Fail(ErrorCode::kInvalid, fmt::format("'{}' leads out of the repository.", ref));
  TRY(std::string content, Read(name));
  if (std::ranges::find(called_, name, &runs::SourceFile::name) == called_.end()) called_.push_back({name, content});
  return workflow::CalledFile{name, std::move(content)};
}

Result<std::string> FilesAt::Read(const std::string& name) const {
  if (!workflow::IsElsewhere(name)) {
    const auto found = std::ranges::find(files_, name, &GitFile::name);
    if (found != files_.end()) return found->content;
    return Fail(ErrorCode::kNotFound, fmt::format("There is no file '{}' at this commit.", name));
  }
  const std::size_t owner = name.find('/');
  const std::size_t path = name.find('/', owner + 1);
  const std::size_t sign = name.rfind('@');
  if (path < sign && name.substr(0, owner) == record_.ns) {
    const std::string repository = name.substr(owner + 1, path - owner - 1);
    if (sources_.neighbours.contains(repository))
      return ReadNeighbour(repository, name.substr(path + 1, sign - path - 1), name.substr(sign + 1));
  }
  if (sources_.elsewhere != nullptr) return sources_.elsewhere(record_, sha_, name);
  return Fail(ErrorCode::kUnsupported, fmt::format("'{}' stands in another repository, which is not mirrored here.", name));
}

Result<std::string> FilesAt::ReadNeighbour(const std::string& repository, const std::string& path,
                                           const std::string& ref) const {
  std::string commit = ref;
  if (!IsCommit(ref)) {
    TRY(const workflow::Refs refs, sources_.repositories.ReadRefs(repository));
    const auto complete = workflow::CompleteRef(refs, ref);
    if (!complete.has_value()) return Fail(ErrorCode::kNotFound, fmt::format("{} has no branch or tag '{}'.", repository, ref));
    commit = refs.at(*complete);
  }
  TRY(const std::vector<GitFile> files, sources_.repositories.ReadFolder(repository, commit, path.substr(0, path.rfind('/'))));
  const auto found = std::ranges::find(files, path, &GitFile::name);
  if (found != files.end()) return found->content;
  return Fail(ErrorCode::kNotFound, fmt::format("{} has no file '{}' at {}.", repository, path, ref));
}

}  // namespace tuesday::control
