// SPDX-License-Identifier: Apache-2.0
// actions/upload-artifact@v4.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <optional>
#include <set>

#include "adapters/zip/zip_file.h"
#include "app/actions/artifact/names.h"
#include "app/actions/files/digest.h"
#include "app/actions/files/find.h"
#include "app/actions/files/temporary.h"
#include "app/actions/native.h"
#include "app/actions/service/client.h"
#include "app/actions/toolkit.h"
#include "base/time.h"

namespace tuesday::actions {
namespace {

constexpr int kLevelDefault = 6;
constexpr int kLevelMax = 9;

enum class NoFiles { kWarn, kError, kIgnore };

struct Settings {
  std::string name;
  std::string path;
  NoFiles no_files = NoFiles::kWarn;
  int retention_days = 0;  // 0: as long as the run.
  int level = kLevelDefault;
  bool overwrite = false;
  HiddenFiles hidden = HiddenFiles::kLeft;
};

std::optional<int> NumberOf(const std::string& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<NoFiles> ReadNoFiles() {
  const std::string given = Input("if-no-files-found");
  if (given.empty() || given == "warn") return NoFiles::kWarn;
  if (given == "error") return NoFiles::kError;
  if (given == "ignore") return NoFiles::kIgnore;
  return Fail(ErrorCode::kInvalid, fmt::format("Unrecognized if-no-files-found input. Provided: {}. Available options: "
                                               "warn,error,ignore",
                                               given));
}

Result<Settings> ReadSettings() {
  Settings settings;
  settings.name = Input("name").empty() ? "artifact" : Input("name");
  settings.path = Input("path");
  if (settings.path.empty()) return Fail(ErrorCode::kInvalid, "Input required and not supplied: path");
  TRY_OK(CheckNameOfArtifact(settings.name));
  TRY(settings.no_files, ReadNoFiles());
  TRY(settings.overwrite, InputFlag("overwrite"));
  TRY(const bool hidden, InputFlag("include-hidden-files"));
  settings.hidden = hidden ? HiddenFiles::kTaken : HiddenFiles::kLeft;
  if (const std::string days = Input("retention-days"); !days.empty()) {
    const auto number = NumberOf(days);
    if (!number || *number < 0) return Fail(ErrorCode::kInvalid, "Invalid retention-days");
    settings.retention_days = *number;
  }
  if (const std::string level = Input("compression-level"); !level.empty()) {
    const auto number = NumberOf(level);
    if (!number) return Fail(ErrorCode::kInvalid, "Invalid compression-level");
    if (*number < 0 || *number > kLevelMax) return Fail(ErrorCode::kInvalid, "Invalid compression-level. Valid values are 0-9");
    settings.level = *number;
  }
  return settings;
}

int NothingFound(const Settings& settings) {
  const std::string text =
      fmt::format("No files were found with the provided path: {}. No artifacts will be uploaded.", settings.path);
  if (settings.no_files == NoFiles::kError) return FailStep(Error{ErrorCode::kNotFound, text, ""});
  if (settings.no_files == NoFiles::kWarn) {
    Warn(text);
  } else {
    std::cout << text << std::endl;
  }
  return 0;
}

// The files alone; those that a file system without case would confuse are told.
std::vector<std::string> FilesOf(const Found& found) {
  std::vector<std::string> files;
  std::set<std::string> known;
  for (const FoundPath& path : found.paths) {
    if (path.kind == PathKind::kFolder) continue;
    if (path.kind == PathKind::kOther) {
      Warn(fmt::format("{} is a pipe, a socket or a device, and is left out.", path.path));
      continue;
    }
    std::string lower = path.path;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!known.insert(lower).second) {
      std::cout << fmt::format(
          "Uploads are case insensitive: {} was detected that it will be overwritten by another file with "
          "the same path\n",
          path.path);
    }
    files.push_back(path.path);
  }
  return files;
}

Result<std::vector<zip::Member>> MembersOf(const std::vector<std::string>& files, const std::string& root) {
  std::vector<zip::Member> members;
  for (const std::string& path : files) {
    const std::string name = NameInArtifact(path, root);
    TRY_OK(CheckArtifactFile(name));
    members.push_back({name, path});
  }
  return members;
}

Json::Object CreationOf(const Settings& settings) {
  Json::Object body{{"name", Json(settings.name)}, {"mime_type", Json("application/zip")}, {"version", Json(7)}};
  int days = settings.retention_days;
  if (const auto most = NumberOf(Environment("GITHUB_RETENTION_DAYS")); most && *most > 0 && days > *most) {
    Warn(
        fmt::format("Retention days cannot be greater than the maximum allowed retention set within the repository. Using {} "
                    "instead.",
                    *most));
    days = *most;
  }
  if (days > 0) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const WallTime ends{std::chrono::duration_cast<std::chrono::milliseconds>(now + std::chrono::days(days))};
    body["expires_at"] = Json(WallText(ends));
  }
  return body;
}

struct Stored {
  std::uint64_t bytes = 0;
  std::string digest;
  std::string id;
};

Result<Stored> Store(const Settings& settings, const std::vector<zip::Member>& members) {
  TRY(const ServiceClient client, ServiceClient::FromEnvironment());
  if (settings.overwrite) (void)client.CallArtifacts("DeleteArtifact", {{"name", Json(settings.name)}});
  auto created = client.CallArtifacts("CreateArtifact", CreationOf(settings));
  if (!created) {
    created.error().message = "Failed to CreateArtifact: " + created.error().message;
    return std::unexpected(created.error());
  }
  TRY(const TemporaryPlace place, TemporaryPlace::Make());
  const std::string path = place.path() + "/artifact.zip";
  TRY_OK(zip::WriteZip(path, members, settings.level));
  Stored stored;
  stored.bytes = std::filesystem::file_size(path);
  TRY(stored.digest, FileDigest(path));
  TRY_OK(client.Put(created->At("signed_upload_url").StringOr(""), path));
  TRY(const Json finished, client.CallArtifacts("FinalizeArtifact", {{"name", Json(settings.name)},
                                                                     {"size", Json(std::to_string(stored.bytes))},
                                                                     {"hash", Json("sha256:" + stored.digest)}}));
  stored.id = finished.At("artifact_id").StringOr("");
  return stored;
}

Result<int> Run() {
  TRY(const Settings settings, ReadSettings());
  TRY(const Found found,
      FindPaths(settings.path, Environment("GITHUB_WORKSPACE"),
                {.home = Environment("HOME"), .descendants = workflow::GlobDescendants::kImplicit}, settings.hidden));
  const std::vector<std::string> files = FilesOf(found);
  if (files.empty()) return NothingFound(settings);
  const std::string root = ArtifactRoot(found, files);
  if (found.search_paths.size() > 1) {
    std::cout << "Multiple search paths detected. Calculating the least common ancestor of all paths\n"
              << fmt::format("The least common ancestor is {}. This will be the root directory of the artifact\n", root);
  }
  std::cout << fmt::format("With the provided path, there will be {} file{} uploaded", files.size(),
                           files.size() == 1 ? "" : "s")
            << std::endl;
  TRY(const auto members, MembersOf(files, root));
  TRY(const Stored stored, Store(settings, members));
  const std::string url = fmt::format("{}/{}/actions/runs/{}/artifacts/{}", Environment("GITHUB_SERVER_URL"),
                                      Environment("GITHUB_REPOSITORY"), Environment("GITHUB_RUN_ID"), stored.id);
  std::cout << "SHA256 digest of uploaded artifact is " << stored.digest << "\n"
            << fmt::format("Artifact {} has been successfully uploaded! Final size is {} bytes. Artifact ID is {}\n",
                           settings.name, stored.bytes, stored.id)
            << "Artifact download URL: " << url << std::endl;
  SetOutput("artifact-id", stored.id);
  SetOutput("artifact-digest", stored.digest);
  SetOutput("artifact-url", url);
  return 0;
}

}  // namespace

int UploadArtifact(const std::string&) {
  const Result<int> done = Run();
  return done ? *done : FailStep(done.error());
}

}  // namespace tuesday::actions
