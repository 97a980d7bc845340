// SPDX-License-Identifier: Apache-2.0
#include "app/actions/aws/docker_login.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <functional>

#include "adapters/files/files.h"
#include "app/actions/toolkit.h"
#include "base/json.h"

namespace tuesday::actions {
namespace {

std::string Base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Result<Json> Read(const std::string& text) {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return Json(Json::Object{});
  TRY(Json json, ParseJson(text));
  if (json.as_object() == nullptr) return Fail(ErrorCode::kInvalid, "The registry logins are no JSON object.");
  return json;
}

Json::Object AuthsOf(const Json& json) {
  const Json::Object* auths = json.At("auths").as_object();
  return auths == nullptr ? Json::Object() : *auths;
}

Result<void> ChangeAll(const std::function<Result<std::string>(const std::string&)>& change) {
  for (const std::string& path : LoginFiles()) {
    std::string text;
    if (files::Exists(path)) {
      TRY(text, files::ReadFile(path, kDockerConfigBytesMax));
    }
    TRY(const std::string changed, change(text));
    TRY_OK(files::MakeFolders(path.substr(0, path.rfind('/')), 0700));
    TRY_OK(files::WriteFileDurably(path, changed, 0600));
  }
  return {};
}

}  // namespace

Result<std::string> WithLogin(const std::string& text, const RegistryLogin& login) {
  TRY(Json json, Read(text));
  Json::Object auths = AuthsOf(json);
  auths[login.registry] = Json(Json::Object{{"auth", Base64(login.user + ":" + login.password)}});
  (*json.as_object())["auths"] = Json(std::move(auths));
  return PrettyJson(json) + "\n";
}

Result<std::string> WithoutLogins(const std::string& text, const std::vector<std::string>& registries) {
  TRY(Json json, Read(text));
  Json::Object auths = AuthsOf(json);
  for (const std::string& registry : registries) auths.erase(registry);
  (*json.as_object())["auths"] = Json(std::move(auths));
  return PrettyJson(json) + "\n";
}

std::vector<std::string> LoginFiles() {
  const std::string folder = Environment("DOCKER_CONFIG");
  std::vector<std::string> paths = {(folder.empty() ? Environment("HOME") + "/.docker" : folder) + "/config.json"};
  if (const std::string own = Environment("REGISTRY_AUTH_FILE"); own.starts_with('/') && own != paths.front())
    paths.push_back(own);
  return paths;
}

Result<void> LogIn(const RegistryLogin& login) {
  return ChangeAll([&](const std::string& text) { return WithLogin(text, login); });
}

Result<void> LogOut(const std::vector<std::string>& registries) {
  return ChangeAll([&](const std::string& text) { return WithoutLogins(text, registries); });
}

}  // namespace tuesday::actions
