// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/spec_file.h"

#include "adapters/files/files.h"
#include "adapters/seal/sealer.h"

namespace tuesday::process {
namespace {

constexpr std::string_view kSealedKey = "sealed_environment";

std::string KeyPath(const InstanceFolder& folder) { return folder.path + "/../../" + std::string(seal::kKeyFileName); }

std::string Place(const InstanceSpec& spec) { return "instance\n" + spec.instance.str(); }

Result<std::map<std::string, std::string>> Unseal(const InstanceFolder& folder, const InstanceSpec& spec,
                                                  const std::string& sealed) {
  const Result<seal::Sealer> sealer = seal::Sealer::Open(KeyPath(folder));
  if (!sealer)
    return Fail(ErrorCode::kCorrupt, "The instance's environment cannot be opened: " + sealer.error().message,
                sealer.error().hint);
  TRY(const std::string text, sealer->Unseal(Place(spec), sealed));
  TRY(const Json json, ParseJson(text, {.bytes_max = kSpecBytesMax}));
  std::map<std::string, std::string> environment;
  if (const Json::Object* object = json.as_object(); object != nullptr) {
    for (const auto& [name, value] : *object) environment[name] = value.StringOr("");
  }
  return environment;
}

}  // namespace

Result<InstanceSpec> ReadSpecFile(const InstanceFolder& folder) {
  TRY(const std::string text, files::ReadFile(folder.spec(), kSpecBytesMax));
  TRY(InstanceSpec spec, ParseSpec(text));
  TRY(const Json json, ParseJson(text, {.bytes_max = kSpecBytesMax}));
  if (const std::string sealed = json.At(kSealedKey).StringOr(""); !sealed.empty()) {
    TRY(spec.environment, Unseal(folder, spec, sealed));
  }
  return spec;
}

Result<void> WriteSpecFile(const InstanceFolder& folder, const InstanceSpec& spec) {
  if (spec.environment.empty()) return files::WriteFileDurably(folder.spec(), CanonicalJson(SpecJson(spec)), 0600);
  TRY(const seal::Sealer sealer, seal::Sealer::OpenOrMake(KeyPath(folder)));
  Json::Object environment;
  for (const auto& [name, value] : spec.environment) environment.insert_or_assign(name, Json(value));
  InstanceSpec bare = spec;
  bare.environment.clear();
  Json json = SpecJson(bare);
  Json::Object& object = *json.as_object();
  object.insert_or_assign(std::string(kSealedKey), Json(sealer.Seal(Place(spec), CanonicalJson(Json(std::move(environment))))));
  // Who does not know the key would run the instance without its environment.
  object.insert_or_assign("readable_by", Json(kSealedReadableBy));
  return files::WriteFileDurably(folder.spec(), CanonicalJson(json), 0600);
}

}  // namespace tuesday::process
