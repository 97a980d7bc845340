// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/bubble/etc_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/files/files.h"

namespace tuesday::sandbox {
namespace {

bool IsPlainWord(const std::string& word) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
           c == ':';
  };
  return !word.empty() && std::ranges::all_of(word, is_plain);
}

Result<std::string> HostsText(const PlaceSpec& spec) {
  std::string text = fmt::format("127.0.0.1 localhost {}\n::1 localhost ip6-localhost ip6-loopback\n", kInsideUser);
  for (const auto& [name, address] : spec.hosts) {
    if (!IsPlainWord(name) || !IsPlainWord(address)) {
      return Fail(ErrorCode::kInvalid, "'" + name + "' at '" + address + "' cannot stand in a hosts file.");
    }
    text += address + " " + name + "\n";
  }
  return text;
}

}  // namespace

Result<void> WriteEtc(const std::string& folder, const PlaceSpec& spec, const std::string& nameserver) {
  TRY(const std::string hosts, HostsText(spec));
  const std::string texts[] = {
      fmt::format("root:x:0:0:root:/root:/usr/sbin/nologin\n{0}:x:{1}:{2}:{0}:{3}:/bin/bash\n"
                  "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
                  kInsideUser, kInsideUid, kInsideGid, spec.home),
      fmt::format("root:x:0:\n{}:x:{}:\nnogroup:x:65534:\n", kInsideUser, kInsideGid),
      hosts,
      nameserver.empty() ? std::string() : fmt::format("nameserver {}\noptions edns0\n", nameserver),
      "passwd: files\ngroup: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: files\n",
      fmt::format("{}\n", kInsideUser),
  };
  static_assert(std::size(kEtcFiles) == std::size(texts));
  TRY_OK(files::MakeFolders(folder, 0755));
  for (std::size_t i = 0; i < std::size(texts); ++i) TRY_OK(files::ReplaceFile(folder + "/" + kEtcFiles[i], texts[i], 0644));
  return {};
}

}  // namespace tuesday::sandbox
