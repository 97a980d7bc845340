// SPDX-License-Identifier: Apache-2.0
// What a person names as an action, made a folder: a folder as it is, a commit of a git repository, an unpacked archive.
// Blocks.
#pragma once

#include <optional>
#include <string>

#include "app/actions/files/temporary.h"
#include "base/result.h"

namespace tuesday::cli {

struct ActionSource {
  std::string folder;
  std::string commit;                               // Empty: not known.
  std::optional<actions::TemporaryPlace> unpacked;  // What `folder` is in.
};

// `ref` is what the action is called by, `commit` what the person says. Of a git repository the commit is taken that one of the
// two names, never what is changed in its tree. kLimit for an archive of more than an action may be.
Result<ActionSource> OpenSource(const std::string& path, const std::string& ref, const std::string& commit);

}  // namespace tuesday::cli
