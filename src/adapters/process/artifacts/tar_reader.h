// SPDX-License-Identifier: Apache-2.0
// Unpacks a tar archive, gzipped or not, of which nothing is trusted. A reader of our own on zlib rather than tar by argv:
// limits hold while it is read, and no name, link or device in it can reach outside the folder. Forms: ustar, pax, GNU long
// names (POSIX.1-2017 pax, "ustar Interchange Format").
#pragma once

#include <string>

#include "adapters/process/artifacts/listing.h"
#include "base/result.h"

namespace tuesday::process {

// What an entry may be.
enum class TarRules {
  kArchive,  // Links must stay inside; an entry that is there already is an error.
  kLayer,    // Of an OCI image: entries replace, `.wh.` files remove, links may point anywhere (they are never followed).
};

// Unpacks into `folder`, which exists. kInvalid names the entry that is refused; kLimit which limit; kCorrupt a bad archive.
Result<void> UnpackTar(const std::string& archive, const std::string& folder, TarRules rules, const ArtifactLimits& limits);

}  // namespace tuesday::process
