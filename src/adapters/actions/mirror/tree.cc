// SPDX-License-Identifier: Apache-2.0
#include "adapters/actions/mirror/tree.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "adapters/files/files.h"
#include "base/digest.h"

namespace tuesday::actions {
namespace {

namespace fs = std::filesystem;

// Whether a link at `path` leads to something of the tree. Its words alone say so, because `..` may only come first: behind
// another link it would lead from where that one leads to.
bool StaysWithin(const std::string& path, const fs::path& target) {
  if (target.is_absolute() || target.empty()) return false;
  bool is_down = false;
  for (const fs::path& part : target) {
    if (part == ".." && is_down) return false;
    is_down = is_down || (part != ".." && part != ".");
  }
  const fs::path end = (fs::path(path).parent_path() / target).lexically_normal();
  return !end.empty() && *end.begin() != "..";
}

class Reader {
 public:
  explicit Reader(std::string root) : root_(std::move(root)) {}

  Result<void> Folder(const std::string& relative) {
    std::error_code error;
    for (fs::directory_iterator it(root_ + "/" + relative, error), end; it != end && !error; it.increment(error)) {
      const std::string name = it->path().filename();
      if (relative.empty() && name == ".git") continue;
      TRY_OK(One(relative.empty() ? name : relative + "/" + name));
    }
    if (error) return Fail(ErrorCode::kUnavailable, fmt::format("{}/{} cannot be read: {}", root_, relative, error.message()));
    return {};
  }

  Tree Take() {
    std::ranges::sort(tree_.files, {}, &TreeFile::path);
    return std::move(tree_);
  }

 private:
  Result<void> One(const std::string& relative) {
    const std::string path = root_ + "/" + relative;
    struct stat facts{};
    if (::lstat(path.c_str(), &facts) != 0) return std::unexpected(files::SystemError("cannot read", path, errno));
    if (S_ISDIR(facts.st_mode)) return Folder(relative);
    if (tree_.files.size() == kTreeFilesMax)
      return Fail(ErrorCode::kLimit, fmt::format("{} has more than {} files.", root_, kTreeFilesMax));
    TreeFile file{.path = relative, .digest = "", .target = ""};
    if (S_ISLNK(facts.st_mode)) {
      std::error_code error;
      const fs::path target = fs::read_symlink(path, error);
      if (error || !StaysWithin(relative, target))
        return Fail(ErrorCode::kDenied, fmt::format("'{}' is a link that leads out of the action.", relative));
      file.target = target.string();
    } else if (S_ISREG(facts.st_mode)) {
      tree_.bytes += static_cast<std::uint64_t>(facts.st_size);
      if (tree_.bytes > kTreeBytesMax)
        return Fail(ErrorCode::kLimit, fmt::format("{} is larger than {} bytes.", root_, kTreeBytesMax));
      TRY(const std::string bytes, files::ReadFile(path, kTreeBytesMax));
      file.digest = Sha256Hex(bytes);
      file.is_executable = (facts.st_mode & S_IXUSR) != 0;
    } else {
      return Fail(ErrorCode::kDenied, fmt::format("'{}' is neither a file nor a folder nor a link.", relative));
    }
    tree_.files.push_back(std::move(file));
    return {};
  }

  std::string root_;
  Tree tree_;
};

}  // namespace

Result<Tree> ReadTree(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return Fail(ErrorCode::kNotFound, fmt::format("{} is no folder.", folder));
  Reader reader(folder);
  TRY_OK(reader.Folder(""));
  return reader.Take();
}

std::string DigestOf(const Tree& tree) {
  std::string text;
  for (const TreeFile& file : tree.files) {
    // A name may have a line break: its length says where it ends.
    const std::string_view kind = !file.target.empty() ? "link" : file.is_executable ? "755" : "644";
    text += fmt::format("{} {} {} {}\n", kind, file.target.empty() ? file.digest : Sha256Hex(file.target), file.path.size(),
                        file.path);
  }
  return Sha256Hex(text);
}

Result<void> CopyTree(const Tree& tree, const std::string& folder, const std::string& target) {
  TRY_OK(files::MakeFolders(target));
  std::error_code error;
  for (const TreeFile& file : tree.files) {
    const std::string path = target + "/" + file.path;
    TRY_OK(files::MakeFolders(path.substr(0, path.rfind('/'))));
    if (!file.target.empty()) {
      fs::create_symlink(file.target, path, error);
    } else {
      fs::copy_file(folder + "/" + file.path, path, error);
      if (!error && ::chmod(path.c_str(), file.is_executable ? 0755 : 0644) != 0)
        return std::unexpected(files::SystemError("cannot write", path, errno));
    }
    if (error) return Fail(ErrorCode::kUnavailable, fmt::format("{} cannot be written: {}", path, error.message()));
  }
  return {};
}

}  // namespace tuesday::actions
