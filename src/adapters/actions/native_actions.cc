// SPDX-License-Identifier: Apache-2.0
// The metadata of actions that tuesday implements: the inputs and outputs of the originals, in our own words.
#include <array>

#include "adapters/actions/known_actions.h"

namespace tuesday::actions {
namespace {

constexpr std::string_view kCheckout = R"(name: Checkout
description: Puts a repository's files into the workspace.
inputs:
  repository: {description: Owner and name, default: "${{ github.repository }}"}
  ref: {description: Branch, tag or commit}
  token: {description: For repositories elsewhere, default: "${{ github.token }}"}
  ssh-key: {description: Refused}
  ssh-known-hosts: {description: Refused}
  ssh-strict: {description: Refused, default: "true"}
  ssh-user: {description: Refused, default: git}
  persist-credentials: {description: Whether git keeps the token, default: "true"}
  path: {description: Below the workspace}
  clean: {description: Whether what is there goes first, default: "true"}
  filter: {description: Partial clone}
  sparse-checkout: {description: Patterns}
  sparse-checkout-cone-mode: {description: Whether patterns are folders, default: "true"}
  fetch-depth: {description: Commits; 0 is all, default: "1"}
  fetch-tags: {description: Whether tags come too, default: "false"}
  show-progress: {description: Ignored, default: "true"}
  lfs: {description: Refused, default: "false"}
  submodules: {description: "false, true or recursive", default: "false"}
  set-safe-directory: {description: Whether git trusts the folder, default: "true"}
  github-server-url: {description: Where repositories are}
outputs:
  ref: {description: What was checked out}
  commit: {description: Its commit}
runs:
  using: node20
  main: main
  post: post
)";

constexpr std::string_view kSetupNode = R"(name: Setup Node.js
description: Puts a version of Node.js first on the PATH.
inputs:
  always-auth: {description: Ignored, default: "false"}
  node-version: {description: A version or a range}
  node-version-file: {description: A file that holds it}
  architecture: {description: Of the version}
  check-latest: {description: Ignored, default: "false"}
  registry-url: {description: For .npmrc}
  scope: {description: For .npmrc}
  token: {description: For version lists, default: "${{ github.token }}"}
  cache: {description: "npm, yarn or pnpm"}
  cache-dependency-path: {description: Lock files}
  mirror: {description: Ignored}
  mirror-token: {description: Ignored}
outputs:
  cache-hit: {description: Whether the cache was there}
  node-version: {description: What is on the PATH}
runs:
  using: node20
  main: main
  post: post
  post-if: success()
)";

constexpr std::string_view kUploadArtifact = R"(name: Upload an artifact
description: Stores files of the job as an artifact of the run.
inputs:
  name: {description: Of the artifact, default: artifact}
  path: {description: Patterns, required: true}
  if-no-files-found: {description: "warn, error or ignore", default: warn}
  retention-days: {description: Kept with the run}
  compression-level: {description: "0 to 9", default: "6"}
  overwrite: {description: Whether one of this name goes first, default: "false"}
  include-hidden-files: {description: Whether names with a leading dot count, default: "false"}
outputs:
  artifact-id: {description: Its number}
  artifact-url: {description: Where it would be on GitHub}
  artifact-digest: {description: SHA-256 of the zip}
runs:
  using: node20
  main: main
)";

constexpr std::string_view kDownloadArtifact = R"(name: Download artifacts
description: Brings artifacts of the run into the workspace.
inputs:
  name: {description: Of one artifact}
  artifact-ids: {description: "Numbers, with commas"}
  path: {description: Where to}
  pattern: {description: Of names}
  merge-multiple: {description: Whether all go into one folder, default: "false"}
  github-token: {description: Refused runs of elsewhere need it}
  repository: {description: This one, default: "${{ github.repository }}"}
  run-id: {description: This one, default: "${{ github.run_id }}"}
outputs:
  download-path: {description: Where it is}
runs:
  using: node20
  main: main
)";

constexpr std::string_view kCache = R"(name: Cache
description: Restores files by a key, and stores them at the end of a job that passed.
inputs:
  path: {description: Patterns, required: true}
  key: {description: Of the entry, required: true}
  restore-keys: {description: Beginnings of other keys}
  upload-chunk-size: {description: Ignored}
  enableCrossOsArchive: {description: Entries are the same here, default: "false"}
  fail-on-cache-miss: {description: Whether a miss fails the step, default: "false"}
  lookup-only: {description: Whether nothing is restored, default: "false"}
  save-always: {description: Ignored, default: "false"}
outputs:
  cache-hit: {description: Whether the key itself was there; empty without any}
runs:
  using: node20
  main: main
  post: post
  post-if: success()
)";

constexpr std::string_view kCacheRestore = R"(name: Restore a cache
description: Restores files by a key.
inputs:
  path: {description: Patterns, required: true}
  key: {description: Of the entry, required: true}
  restore-keys: {description: Beginnings of other keys}
  enableCrossOsArchive: {description: Entries are the same here, default: "false"}
  fail-on-cache-miss: {description: Whether a miss fails the step, default: "false"}
  lookup-only: {description: Whether nothing is restored, default: "false"}
outputs:
  cache-hit: {description: Whether the key itself was there; empty without any}
  cache-primary-key: {description: The key}
  cache-matched-key: {description: The key of what was restored}
runs:
  using: node20
  main: main
)";

constexpr std::string_view kCacheSave = R"(name: Save a cache
description: Stores files by a key.
inputs:
  path: {description: Patterns, required: true}
  key: {description: Of the entry, required: true}
  upload-chunk-size: {description: Ignored}
  enableCrossOsArchive: {description: Entries are the same here, default: "false"}
runs:
  using: node20
  main: main
)";

constexpr std::string_view kConfigureAws = R"(name: Configure AWS credentials
description: Puts credentials of AWS into the environment of the steps that follow.
inputs:
  aws-region: {description: Of the credentials, required: true}
  role-to-assume: {description: "A role, by ARN or by name"}
  aws-access-key-id: {description: A long-lived key}
  aws-secret-access-key: {description: Its secret}
  aws-session-token: {description: Of such keys}
  web-identity-token-file: {description: A token in a file instead of the job's own}
  role-chaining: {description: Whether the credentials that are there assume the role, default: "false"}
  audience: {description: For whom the job's token is, default: sts.amazonaws.com}
  http-proxy: {description: On the way to AWS}
  mask-aws-account-id: {description: Whether logs hide the account, default: "false"}
  role-duration-seconds: {description: Of the session}
  role-external-id: {description: Of roles of others}
  role-session-name: {description: "Of the session, GitHubActions"}
  role-skip-session-tagging: {description: Whether the session has no tags, default: "false"}
  inline-session-policy: {description: Takes rights away}
  managed-session-policies: {description: "Takes rights away, by name"}
  output-credentials: {description: Whether they are outputs too, default: "false"}
  output-env-credentials: {description: Whether they are in the environment, default: "true"}
  unset-current-credentials: {description: Whether those that are there go first, default: "false"}
  disable-retry: {description: Whether it is tried once, default: "false"}
  retry-max-attempts: {description: Tries, default: "12"}
  special-characters-workaround: {description: Not needed here, default: "false"}
  use-existing-credentials: {description: Whether good ones that are there stay, default: "false"}
  allowed-account-ids: {description: Others fail the step}
outputs:
  aws-account-id: {description: Of the credentials}
  authenticated-arn: {description: Who they are}
  aws-access-key-id: {description: With output-credentials}
  aws-secret-access-key: {description: With output-credentials}
  aws-session-token: {description: With output-credentials}
  aws-expiration: {description: With output-credentials}
runs:
  using: node20
  main: main
  post: post
)";

constexpr std::string_view kEcrLogin = R"(name: Log in to Amazon ECR
description: Logs programs that move images in to registries of ECR.
inputs:
  http-proxy: {description: On the way to AWS}
  mask-password: {description: Whether logs hide the password, default: "true"}
  registries: {description: "Accounts, with commas; left out: the own one"}
  registry-type: {description: private or public, default: private}
  skip-logout: {description: Whether the login stays after the job, default: "false"}
outputs:
  registry: {description: "The registry, when it is one"}
runs:
  using: node20
  main: main
  post: post
)";

constexpr auto kNative = std::to_array<NativeAction>({
    {"actions/cache", "", "cache", kCache},
    {"actions/cache", "restore", "cache-restore", kCacheRestore},
    {"actions/cache", "save", "cache-save", kCacheSave},
    {"actions/checkout", "", "checkout", kCheckout},
    {"actions/download-artifact", "", "download-artifact", kDownloadArtifact},
    {"actions/setup-node", "", "setup-node", kSetupNode},
    {"actions/upload-artifact", "", "upload-artifact", kUploadArtifact},
    {"aws-actions/amazon-ecr-login", "", "amazon-ecr-login", kEcrLogin},
    {"aws-actions/configure-aws-credentials", "", "configure-aws-credentials", kConfigureAws},
});

}  // namespace

const NativeAction* FindNative(const ActionRef& ref) {
  for (const NativeAction& native : kNative) {
    if (native.repository == ref.repository && native.path == ref.path) return &native;
  }
  return nullptr;
}

}  // namespace tuesday::actions
