// SPDX-License-Identifier: Apache-2.0
#include "app/cli/lint/git_base.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "adapters/git/git.h"

namespace tuesday::cli {
namespace {

namespace fs = std::filesystem;

// What git prints, without its complaint: who asks tries several things.
Result<std::string> Git(const std::vector<std::string>& arguments) {
  Result<std::string> output = git::RunGit(arguments);
  if (!output.has_value() && output.error().code == ErrorCode::kInvalid) return Fail(ErrorCode::kNotFound, "");
  return output;
}

std::string Line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::vector<std::string> SplitAtZero(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\0', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

Result<std::string> MergeBase(const std::string& top, const std::string& ref) {
  const std::vector<std::string> refs =
      ref.empty() ? std::vector<std::string>{"@{upstream}", "origin/HEAD", "main", "master"} : std::vector{ref};
  for (const std::string& candidate : refs) {
    if (candidate.starts_with('-')) continue;
    const Result<std::string> base = Git({"-C", top, "merge-base", "HEAD", candidate});
    if (base.has_value()) return Line(*base);
  }
  if (!ref.empty()) return Fail(ErrorCode::kNotFound, fmt::format("git finds no merge base of HEAD and {}.", ref));
  return Fail(ErrorCode::kNotFound, "git finds no branch that this one began from.", "Name it: `--new-only=REF`.");
}

// The part of `path` below `top`, for git's arguments.
std::string Relative(const std::string& top, const std::string& path) {
  std::error_code error;
  const fs::path full = fs::weakly_canonical(path, error);
  return full.lexically_relative(top).string();
}

}  // namespace

Result<std::vector<ManifestFile>> FilesAtMergeBase(const std::vector<std::string>& paths, const std::string& ref,
                                                   const std::vector<ManifestFile>& now) {
  std::error_code error;
  const fs::path first(paths.front());
  const std::string folder =
      fs::is_directory(first, error) ? first.string() : (first.parent_path().empty() ? "." : first.parent_path().string());
  const Result<std::string> found = Git({"-C", folder, "rev-parse", "--show-toplevel"});
  if (!found.has_value()) {
    return Fail(ErrorCode::kNotFound, fmt::format("{} is in no git repository.", folder), "Use `--baseline FILE` there.");
  }
  const std::string top = Line(*found);
  TRY(const std::string base, MergeBase(top, ref));
  std::vector<std::string> list = {"-C", top, "ls-tree", "-r", "-z", "--name-only", base, "--"};
  std::vector<std::string> diff = {"-C", top, "diff", "--name-only", "-z", base, "--"};
  for (const std::string& path : paths) {
    list.push_back(Relative(top, path));
    diff.push_back(Relative(top, path));
  }
  const Result<std::string> names = Git(list);
  const Result<std::string> changes = Git(diff);
  if (!names.has_value() || !changes.has_value())
    return Fail(ErrorCode::kNotFound, "git cannot list the files at the merge base.");
  const std::vector<std::string> changed_names = SplitAtZero(*changes);
  const std::set<std::string> changed(changed_names.begin(), changed_names.end());
  std::set<std::string> unchanged;
  std::vector<ManifestFile> files;
  for (const std::string& name : SplitAtZero(*names)) {
    if (!changed.contains(name)) {
      unchanged.insert(name);
    } else if (IsManifestName(name)) {
      Result<std::string> text = Git({"-C", top, "show", base + ":" + name});
      // Findings that are about a file as a whole are found again by the name that the user wrote.
      if (text.has_value()) files.push_back({name, std::move(*text)});
    }
  }
  for (const ManifestFile& file : now) {
    const std::string name = Relative(top, file.path);
    if (unchanged.contains(name)) files.push_back(file);
    for (ManifestFile& old : files) {
      if (old.path == name) old.path = file.path;
    }
  }
  return files;
}

}  // namespace tuesday::cli
