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
)";

constexpr auto kNative = std::to_array<NativeAction>({
    {"actions/checkout", "checkout", kCheckout},
    {"actions/setup-node", "setup-node", kSetupNode},
});

}  // namespace

const NativeAction* FindNative(const ActionRef& ref) {
  if (!ref.path.empty()) return nullptr;
  for (const NativeAction& native : kNative) {
    if (native.repository == ref.repository) return &native;
  }
  return nullptr;
}

}  // namespace tuesday::actions
