// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/spec_file.h"

#include "adapters/files/files.h"
#include "adapters/seal/sealer.h"

namespace tuesday::process {
namespace {

constexpr std::string_view kSealedKey = "sealed_environment";
constexpr std::string_view kSealedLoginsKey = "sealed_logins";

std::string KeyPath(const InstanceFolder& folder) { return folder.path + "/../../" + std::string(seal::kKeyFileName); }

std::string Place(const InstanceSpec& spec) { return "instance\n" + spec.instance.str(); }

std::string LoginsPlace(const InstanceSpec& spec) { return "instance's logins\n" + spec.instance.str(); }

Result<Json> Unseal(const InstanceFolder& folder, const std::string& place, const std::string& sealed) {
  const Result<seal::Sealer> sealer = seal::Sealer::Open(KeyPath(folder));
  if (!sealer)
    return Fail(ErrorCode::kCorrupt, "The instance's environment cannot be opened: " + sealer.error().message,
                sealer.error().hint);
  TRY(const std::string text, sealer->Unseal(place, sealed));
  return ParseJson(text, {.bytes_max = kSpecBytesMax});
}

Result<void> UnsealInto(InstanceSpec& spec, const InstanceFolder& folder, const Json& json) {
  if (const std::string sealed = json.At(kSealedKey).StringOr(""); !sealed.empty()) {
    TRY(const Json environment, Unseal(folder, Place(spec), sealed));
    if (const Json::Object* object = environment.as_object(); object != nullptr) {
      for (const auto& [name, value] : *object) spec.environment[name] = value.StringOr("");
    }
  }
  if (const std::string sealed = json.At(kSealedLoginsKey).StringOr(""); !sealed.empty() && spec.container.has_value()) {
    TRY(const Json logins, Unseal(folder, LoginsPlace(spec), sealed));
    if (const Json::Array* array = logins.as_array(); array != nullptr) {
      for (const Json& login : *array) spec.container->logins.push_back(login.StringOr(""));
    }
  }
  return {};
}

}  // namespace

Result<InstanceSpec> ReadSpecFile(const InstanceFolder& folder) {
  TRY(const std::string text, files::ReadFile(folder.spec(), kSpecBytesMax));
  TRY(InstanceSpec spec, ParseSpec(text));
  TRY(const Json json, ParseJson(text, {.bytes_max = kSpecBytesMax}));
  TRY_OK(UnsealInto(spec, folder, json));
  return spec;
}

Result<void> WriteSpecFile(const InstanceFolder& folder, const InstanceSpec& spec) {
  const bool has_logins = spec.container.has_value() && !spec.container->logins.empty();
  if (spec.environment.empty() && !has_logins) {
    return files::WriteFileDurably(folder.spec(), CanonicalJson(SpecJson(spec)), 0600);
  }
  TRY(const seal::Sealer sealer, seal::Sealer::OpenOrMake(KeyPath(folder)));
  InstanceSpec bare = spec;
  bare.environment.clear();
  if (has_logins) bare.container->logins.clear();
  Json json = SpecJson(bare);
  Json::Object& object = *json.as_object();
  const auto seal = [&](std::string_view key, const std::string& place, const Json& secret) {
    object.insert_or_assign(std::string(key), Json(sealer.Seal(place, CanonicalJson(secret))));
  };
  if (!spec.environment.empty()) {
    Json::Object environment;
    for (const auto& [name, value] : spec.environment) environment.insert_or_assign(name, Json(value));
    seal(kSealedKey, Place(spec), Json(std::move(environment)));
  }
  if (has_logins) {
    seal(kSealedLoginsKey, LoginsPlace(spec), Json::Array(spec.container->logins.begin(), spec.container->logins.end()));
  }
  // Who does not know the key would run the instance without its environment.
  if (!spec.container.has_value()) object.insert_or_assign("readable_by", Json(kSealedReadableBy));
  return files::WriteFileDurably(folder.spec(), CanonicalJson(json), 0600);
}

}  // namespace tuesday::process
