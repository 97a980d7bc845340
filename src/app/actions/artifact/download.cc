// SPDX-License-Identifier: Apache-2.0
// actions/download-artifact@v4.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "adapters/files/files.h"
#include "adapters/zip/zip_file.h"
#include "app/actions/artifact/names.h"
#include "app/actions/files/digest.h"
#include "app/actions/files/temporary.h"
#include "app/actions/native.h"
#include "app/actions/service/client.h"
#include "app/actions/toolkit.h"

namespace tuesday::actions {
namespace {

namespace fs = std::filesystem;

struct Settings {
  std::string name;
  std::vector<std::string> ids;
  std::string pattern;
  std::string folder;  // Absolute.
  bool merge = false;
};

struct Listed {
  std::string id;
  std::string name;
  std::string bytes;
  std::string digest;
};

std::vector<std::string> Words(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, ',');) {
    const std::size_t begin = word.find_first_not_of(" \t");
    if (begin != std::string::npos) words.push_back(word.substr(begin, word.find_last_not_of(" \t") - begin + 1));
  }
  return words;
}

// Another run would be asked for by GitHub's interface, which is not here.
Result<void> CheckThisRun() {
  const std::string run = Input("run-id");
  const std::string repository = Input("repository");
  const bool is_this = (run.empty() || run == Environment("GITHUB_RUN_ID")) &&
                       (repository.empty() || repository == Environment("GITHUB_REPOSITORY"));
  if (is_this) return {};
  return Fail(ErrorCode::kUnsupported,
              fmt::format("Artifacts of another run ({} of {}) cannot be downloaded.", run, repository),
              "Leave run-id and repository out: jobs see the artifacts of their own run.");
}

Result<Settings> ReadSettings() {
  TRY_OK(CheckThisRun());
  Settings settings;
  settings.name = Input("name");
  settings.pattern = Input("pattern");
  settings.ids = Words(Input("artifact-ids"));
  TRY(settings.merge, InputFlag("merge-multiple"));
  if (!settings.name.empty() && !settings.ids.empty())
    return Fail(ErrorCode::kInvalid, "Inputs 'name' and 'artifact-ids' cannot be used together. Please specify only one.");
  std::string path = Input("path");
  if (path.starts_with('~')) path = Environment("HOME") + path.substr(1);
  path = (fs::path(Environment("GITHUB_WORKSPACE")) / path).lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  settings.folder = path;
  return settings;
}

Result<std::vector<Listed>> List(const ServiceClient& client) {
  TRY(const Json answer, client.CallArtifacts("ListArtifacts", {}));
  std::vector<Listed> list;
  const Json::Array* artifacts = answer.At("artifacts").as_array();
  if (artifacts == nullptr) return list;
  for (const Json& one : *artifacts) {
    list.push_back({one.At("database_id").StringOr(""), one.At("name").StringOr(""), one.At("size").StringOr(""),
                    one.At("digest").StringOr("")});
  }
  return list;
}

Result<std::vector<Listed>> Choose(const Settings& settings, std::vector<Listed> all) {
  const auto keep = [&all](const auto& is_wanted) {
    std::erase_if(all, [&is_wanted](const Listed& one) { return !is_wanted(one); });
  };
  if (!settings.name.empty()) {
    std::cout << "Downloading single artifact" << std::endl;
    keep([&](const Listed& one) { return one.name == settings.name; });
    if (all.empty()) return Fail(ErrorCode::kNotFound, fmt::format("Artifact not found for name: {}", settings.name));
  } else if (!settings.ids.empty()) {
    std::cout << "Downloading artifacts by ID" << std::endl;
    keep([&](const Listed& one) { return std::ranges::find(settings.ids, one.id) != settings.ids.end(); });
    if (all.empty())
      return Fail(ErrorCode::kNotFound,
                  fmt::format("None of the provided artifact IDs were found: {}", fmt::join(settings.ids, ", ")));
    if (all.size() < settings.ids.size())
      Warn(fmt::format("Could not find all of the artifact IDs: {} of {} are there.", all.size(), settings.ids.size()));
  } else if (!settings.pattern.empty()) {
    std::cout << fmt::format("Filtering artifacts by pattern '{}'", settings.pattern) << std::endl;
    keep([&](const Listed& one) { return MatchesName(settings.pattern, one.name); });
  } else {
    std::cout << "No input name, artifact-ids or pattern filtered specified, downloading all artifacts" << std::endl;
    if (!settings.merge)
      std::cout << "An extra directory with the artifact name will be created for each download" << std::endl;
  }
  return all;
}

Result<void> Fetch(const ServiceClient& client, const Listed& artifact, const std::string& folder) {
  TRY_OK(CheckNameOfArtifact(artifact.name));
  TRY(const Json answer, client.CallArtifacts("GetSignedArtifactURL", {{"name", Json(artifact.name)}}));
  TRY(const TemporaryPlace place, TemporaryPlace::Make());
  const std::string path = place.path() + "/artifact";
  TRY(const std::string type, client.Take(answer.At("signed_url").StringOr(""), path));
  TRY(const std::string digest, FileDigest(path));
  if (!artifact.digest.empty() && artifact.digest != "sha256:" + digest) {
    Warn(fmt::format("Artifact '{}' digest validation failed. Please verify the integrity of the artifact.", artifact.name));
  }
  if (type.starts_with("application/zip")) {
    const auto unpacked = zip::UnpackZip(path, folder);
    if (!unpacked) return Fail(unpacked.error().code, fmt::format("{}: {}", artifact.name, unpacked.error().message));
    return {};
  }
  TRY_OK(files::MakeFolders(folder));
  std::error_code error;
  fs::copy_file(path, folder + "/" + artifact.name, fs::copy_options::overwrite_existing, error);
  if (error) return Fail(ErrorCode::kUnavailable, fmt::format("{} cannot be written: {}", artifact.name, error.message()));
  return {};
}

Result<void> Run() {
  TRY(const Settings settings, ReadSettings());
  TRY(const ServiceClient client, ServiceClient::FromEnvironment());
  TRY(std::vector<Listed> all, List(client));
  TRY(const std::vector<Listed> chosen, Choose(settings, std::move(all)));
  if (!chosen.empty()) std::cout << "Preparing to download the following artifacts:\n";
  for (const Listed& one : chosen)
    std::cout << fmt::format("- {} (ID: {}, Size: {}, Expected Digest: {})\n", one.name, one.id, one.bytes, one.digest);
  const bool is_single = !settings.name.empty() || settings.merge;
  for (const Listed& one : chosen) TRY_OK(Fetch(client, one, is_single ? settings.folder : settings.folder + "/" + one.name));
  std::cout << fmt::format("Total of {} artifact(s) downloaded", chosen.size()) << std::endl;
  SetOutput("download-path", settings.folder);
  std::cout << "Download artifact has finished successfully" << std::endl;
  return {};
}

}  // namespace

int DownloadArtifact(const std::string&) {
  const Result<void> done = Run();
  if (done) return 0;
  return FailStep({done.error().code, "Unable to download artifact(s): " + done.error().message, done.error().hint});
}

}  // namespace tuesday::actions
