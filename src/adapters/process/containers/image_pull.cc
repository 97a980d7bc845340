// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/containers/image_pull.h"

#include <algorithm>

#include "adapters/process/containers/logins.h"

namespace tuesday::process {
namespace {

using containers::Engine;
using containers::ImageFacts;

constexpr std::string_view kLocal = "localhost/";

std::string DigestOf(const std::string& image) {
  const std::size_t at = image.find('@');
  return at == std::string::npos ? "" : image.substr(at + 1);
}

// Docker leaves its own registry's name out where podman says it.
std::string WholeName(const std::string& repository) {
  const std::string registry = containers::RegistryOf(repository);
  std::string whole = repository.starts_with(registry) ? repository : registry + "/" + repository;
  if (registry == "docker.io" && std::count(whole.begin(), whole.end(), '/') == 1) whole.insert(registry.size(), "/library");
  return whole;
}

// The image's digests in this repository, sorted: what several pulls have brought is one content, and the first is always the
// same.
std::vector<std::string> DigestsIn(const ImageFacts& facts, const std::string& repository) {
  std::vector<std::string> digests;
  for (const std::string& known : facts.digests) {
    if (WholeName(RepositoryOf(known)) == WholeName(repository)) digests.push_back(DigestOf(known));
  }
  std::ranges::sort(digests);
  return digests;
}

Result<void> Pull(const Engine& engine, const std::string& image, const std::vector<std::string>& logins) {
  TRY(const auto login, LoginFor(logins, image));
  const auto pulled = engine.Pull(image, login, [](const std::string&) {});
  if (pulled.has_value()) return {};
  const std::string who = login ? " as " + login->user : " without a login";
  const std::string hint =
      pulled.error().code == ErrorCode::kDenied
          ? "Name a Secret of type kubernetes.io/dockerconfigjson in imagePullSecrets, or a file in containers.logins."
          : pulled.error().hint;
  return Fail(pulled.error().code, "The image " + image + " cannot be pulled" + who + ". " + pulled.error().message, hint);
}

Result<ImageFacts> Found(const Engine& engine, const std::string& image) {
  TRY(const auto found, engine.FindImage(image));
  if (found.has_value()) return *found;
  return Fail(ErrorCode::kNotFound, "The container engine does not have the image " + image + ".",
              IsLocalImage(image) ? "Build it under this name on this machine; localhost/ is never pulled." : "");
}

}  // namespace

bool IsLocalImage(const std::string& image) { return image.starts_with(kLocal); }

std::string RepositoryOf(const std::string& image) {
  std::string name = image.substr(0, image.find('@'));
  const std::size_t slash = name.rfind('/');
  const std::size_t colon = name.find(':', slash == std::string::npos ? 0 : slash);
  return name.substr(0, colon);
}

Result<void> PullByDigest(const Engine& engine, const std::string& image, const std::vector<std::string>& logins) {
  if (!IsLocalImage(image)) TRY_OK(Pull(engine, image, logins));
  TRY(const ImageFacts facts, Found(engine, image));
  const std::vector<std::string> digests = DigestsIn(facts, RepositoryOf(image));
  if (std::ranges::find(digests, DigestOf(image)) != digests.end()) return {};
  return Fail(ErrorCode::kCorrupt,
              "The image " + image + " was pulled, and what came has another digest" +
                  (digests.empty() ? "." : ": " + digests.front() + "."),
              "Nothing of it is run. Look at who answers for the registry.");
}

Result<std::string> PinImage(const Engine& engine, const std::string& image, const std::vector<std::string>& logins) {
  const std::string repository = RepositoryOf(image);
  if (const std::string digest = DigestOf(image); !digest.empty()) {
    const std::string pinned = repository + "@" + digest;
    TRY(const auto known, engine.FindImage(pinned));
    if (!known.has_value()) TRY_OK(PullByDigest(engine, pinned, logins));
    return pinned;
  }
  if (!IsLocalImage(image)) TRY_OK(Pull(engine, image, logins));
  TRY(const ImageFacts facts, Found(engine, containers::FullReference(image)));
  const std::vector<std::string> digests = DigestsIn(facts, repository);
  if (!digests.empty()) return repository + "@" + digests.front();
  return Fail(ErrorCode::kUnsupported, "The container engine knows no digest for the image " + image + ".",
              "Push it to a registry and name it there.");
}

}  // namespace tuesday::process
