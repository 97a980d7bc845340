// SPDX-License-Identifier: Apache-2.0
#include "app/actions/native.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "app/actions/toolkit.h"

namespace tuesday::actions {

namespace {

struct Program {
  std::string_view name;
  int (*run)(const std::string& stage);
};

constexpr auto kPrograms = std::to_array<Program>({{"amazon-ecr-login", EcrLogin},
                                                   {"cache", Cache},
                                                   {"cache-restore", CacheRestore},
                                                   {"cache-save", CacheSave},
                                                   {"checkout", Checkout},
                                                   {"configure-aws-credentials", ConfigureAwsCredentials},
                                                   {"download-artifact", DownloadArtifact},
                                                   {"setup-node", SetupNode},
                                                   {"upload-artifact", UploadArtifact}});

}  // namespace

int RunNativeAction(const std::string& name, const std::string& stage) {
  for (const Program& program : kPrograms) {
    if (program.name == name) return program.run(stage);
  }
  FailStep(Error{ErrorCode::kInvalid, fmt::format("There is no action '{}'.", name), ""});
  return 2;
}

}  // namespace tuesday::actions
