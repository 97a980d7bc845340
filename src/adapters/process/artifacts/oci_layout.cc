// SPDX-License-Identifier: Apache-2.0
// OCI image layout: index.json names a manifest (or an index of them), the manifest names layers, all under
// blobs/sha256/<digest> (OCI image-spec 1.1, image-layout.md, manifest.md).
#include <vector>

#include "adapters/files/files.h"
#include "adapters/process/artifacts/artifact_folder.h"
#include "adapters/process/artifacts/tar_reader.h"
#include "base/digest.h"
#include "base/json.h"

namespace tuesday::process {
namespace {

constexpr std::size_t kManifestBytesMax = 4 << 20;
constexpr std::size_t kLayerBytesMax = std::size_t{2} << 30;
constexpr int kIndexDepthMax = 4;

Result<std::string> BlobPath(const std::string& layout, const Json& descriptor) {
  const std::string digest = descriptor.At("digest").StringOr("");
  constexpr std::string_view kPrefix = "sha256:";
  const std::string hex = digest.starts_with(kPrefix) ? digest.substr(kPrefix.size()) : "";
  if (hex.size() != 64 || hex.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return Fail(ErrorCode::kInvalid, "The layout '" + layout + "' names a blob by '" + digest + "', which is no SHA-256.");
  }
  return layout + "/blobs/sha256/" + hex;
}

Result<void> CheckBlob(const std::string& path, std::size_t bytes_max) {
  TRY(const std::string bytes, files::ReadFile(path, bytes_max));
  if (path.ends_with(Sha256Hex(bytes))) return {};
  return Fail(ErrorCode::kCorrupt, "The blob '" + path + "' does not have the digest that is its name.");
}

Result<Json> ReadJsonBlob(const std::string& layout, const Json& descriptor) {
  TRY(const std::string path, BlobPath(layout, descriptor));
  TRY_OK(CheckBlob(path, kManifestBytesMax));
  TRY(const std::string text, files::ReadFile(path, kManifestBytesMax));
  return ParseJson(text);
}

// This machine's image among several; the first one where none says what it is for.
const Json* Choose(const Json& index) {
  const auto* manifests = index.At("manifests").as_array();
  if (manifests == nullptr || manifests->empty()) return nullptr;
  for (const auto& manifest : *manifests) {
    const Json& platform = manifest.At("platform");
    if (platform.At("os").StringOr("") == "linux" && platform.At("architecture").StringOr("") == "amd64") return &manifest;
  }
  return &manifests->front();
}

}  // namespace

Result<void> UnpackOciLayout(const std::string& layout, const std::string& folder, const ArtifactLimits& limits) {
  TRY(const std::string text, files::ReadFile(layout + "/index.json", kManifestBytesMax));
  TRY(Json manifest, ParseJson(text));
  for (int depth = 0; manifest.At("layers").is_null(); ++depth) {
    const Json* chosen = Choose(manifest);
    if (chosen == nullptr || depth == kIndexDepthMax) {
      return Fail(ErrorCode::kInvalid, "The layout '" + layout + "' names no image.");
    }
    TRY(Json next, ReadJsonBlob(layout, *chosen));
    manifest = std::move(next);
  }
  const auto* layers = manifest.At("layers").as_array();
  if (layers == nullptr) return Fail(ErrorCode::kInvalid, "The image in '" + layout + "' has no list of layers.");
  for (const auto& layer : *layers) {
    if (layer.At("mediaType").StringOr("").ends_with("zstd")) {
      return Fail(ErrorCode::kUnsupported, "A layer of '" + layout + "' is packed with zstd.", "Pack it with gzip.");
    }
    TRY(const std::string path, BlobPath(layout, layer));
    TRY_OK(CheckBlob(path, kLayerBytesMax));
    TRY_OK(UnpackTar(path, folder, TarRules::kLayer, limits));
  }
  return {};
}

}  // namespace tuesday::process
