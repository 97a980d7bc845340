// SPDX-License-Identifier: Apache-2.0
#include "app/cli/manifests/manifest_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "app/cli/client/session.h"
#include "app/cli/lint/each_file.h"

namespace tuesday::cli {
namespace {

namespace fs = std::filesystem;

Result<std::vector<std::string>> ListFolder(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
       it != end && !error; it.increment(error)) {
    if (it->is_directory(error) && it->path().filename().string().starts_with('.')) {
      it.disable_recursion_pending();
    } else if (it->is_regular_file(error) && IsManifestName(it->path().string())) {
      found.push_back(it->path().string());
      if (found.size() > kManifestFilesMax)
        return Fail(ErrorCode::kLimit, fmt::format("{} holds more than {} files.", folder, kManifestFilesMax));
    }
  }
  if (error) return Fail(ErrorCode::kNotFound, fmt::format("{} cannot be listed: {}.", folder, error.message()));
  if (found.empty()) return Fail(ErrorCode::kNotFound, fmt::format("{} holds no .yaml, .yml or .json file.", folder));
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

bool IsManifestName(const std::string& path) {
  const std::string extension = fs::path(path).extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

Result<std::vector<ManifestFile>> ReadManifestFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const std::string& path : paths) {
    std::error_code error;
    if (path != "-" && fs::is_directory(path, error)) {
      TRY(const std::vector<std::string> inside, ListFolder(path));
      names.insert(names.end(), inside.begin(), inside.end());
    } else {
      names.push_back(path);
    }
  }
  std::vector<Result<std::string>> texts(names.size());
  ForEachFile(names.size(), [&](std::size_t i) { texts[i] = ReadInput(names[i], kManifestBytesMax); });
  std::vector<ManifestFile> files;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!texts[i].has_value()) return std::unexpected(texts[i].error());
    files.push_back({names[i] == "-" ? kStandardInput : names[i], *std::move(texts[i])});
  }
  return files;
}

}  // namespace tuesday::cli
