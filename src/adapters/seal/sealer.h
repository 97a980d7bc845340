// SPDX-License-Identifier: Apache-2.0
// Seals values with the key of a state folder: AES-256-GCM, a fresh nonce each, and what the value belongs to as additional
// data, so that one cannot be put in another's place. A value; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tuesday::seal {

constexpr std::string_view kKeyFileName = "secret.key";

class Sealer {
 public:
  // The key at `path`; made, with mode 0600 and durably, where there is none. kCorrupt: what is there is no key.
  static Result<Sealer> OpenOrMake(const std::string& path);
  // kNotFound where there is none.
  static Result<Sealer> Open(const std::string& path);

  static bool IsSealed(std::string_view text);

  // Text that holds `bytes` for whoever has the key.
  std::string Seal(std::string_view belongs_to, std::string_view bytes) const;

  // kCorrupt: it was changed, belongs to something else, or another key sealed it.
  Result<std::string> Unseal(std::string_view belongs_to, std::string_view text) const;

  // Another key, for the names of revisions.
  std::string RevisionKey() const;

 private:
  explicit Sealer(std::string master);

  std::string seal_key_;
  std::string revision_key_;
};

}  // namespace tuesday::seal
