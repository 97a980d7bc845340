// SPDX-License-Identifier: Apache-2.0
// Well-known actions, as of 2026-04: what they take and give in the major version that is named, and which versions are too old
// for every runner. An action or version that is not here is not judged.
#include <charconv>

#include "core/workflow/lint/rules/metadata.h"

namespace tuesday::workflow::lint {
namespace {

// Names separated by blanks; "!" behind a required one, "~" and what to use instead behind a deprecated one; "*" is any.
// `first_major` is the oldest version that still runs.
struct KnownAction {
  std::string_view repository;
  int major = 0;
  int first_major = 0;
  std::string_view inputs;
  std::string_view outputs;
};

constexpr KnownAction kActions[] = {
    {"actions/checkout", 4, 4,
     "repository ref token ssh-key ssh-known-hosts ssh-strict ssh-user persist-credentials path clean filter sparse-checkout "
     "sparse-checkout-cone-mode fetch-depth fetch-tags show-progress lfs submodules set-safe-directory github-server-url",
     "ref commit"},
    {"actions/cache", 4, 4,
     "path! key! restore-keys upload-chunk-size enableCrossOsArchive fail-on-cache-miss lookup-only save-always", "cache-hit"},
    {"actions/setup-node", 4, 4,
     "always-auth node-version node-version-file architecture check-latest registry-url scope token cache "
     "cache-dependency-path mirror "
     "mirror-token",
     "cache-hit node-version"},
    {"actions/setup-python", 5, 5,
     "python-version python-version-file cache architecture check-latest token cache-dependency-path update-environment "
     "allow-prereleases freethreaded pip-version pip-install",
     "python-version cache-hit python-path"},
    {"actions/setup-go", 5, 5, "go-version go-version-file check-latest token cache cache-dependency-path architecture",
     "go-version cache-hit"},
    {"actions/setup-java", 4, 4,
     "java-version java-version-file distribution! java-package architecture jdkFile check-latest server-id server-username "
     "server-password settings-path overwrite-settings gpg-private-key gpg-passphrase cache cache-dependency-path job-status "
     "token "
     "mvn-toolchain-id mvn-toolchain-vendor",
     "distribution version path cache-hit"},
    {"actions/upload-artifact", 4, 4,
     "name path! if-no-files-found retention-days compression-level overwrite include-hidden-files",
     "artifact-id artifact-url artifact-digest"},
    {"actions/download-artifact", 4, 4, "name artifact-ids path pattern merge-multiple github-token repository run-id",
     "download-path"},
    {"actions/github-script", 7, 7,
     "script! github-token debug user-agent previews result-encoding retries retry-exempt-status-codes base-url", "result *"},
    {"actions/stale", 0, 9, "", ""},
    {"actions/labeler", 0, 5, "", ""},
    {"actions/first-interaction", 0, 2, "", ""},
    {"docker/login-action", 3, 3, "registry username password scope ecr logout registry-auth", ""},
    {"docker/setup-buildx-action", 0, 3, "", ""},
    {"docker/setup-qemu-action", 0, 3, "", ""},
    {"docker/build-push-action", 0, 5, "", ""},
    {"docker/metadata-action", 0, 5, "", ""},
    {"aws-actions/configure-aws-credentials", 0, 4, "", ""},
    {"aws-actions/amazon-ecr-login", 0, 2, "", ""},
    {"octokit/request-action", 2, 2, "*", "data headers status"},
    {"reviewdog/action-actionlint", 1, 1,
     "github_token actionlint_flags tool_name level reporter filter_mode fail_level fail_on_error~fail_level reviewdog_flags",
     ""},
};

// The major version of "v4", "v4.1.2" or "4"; 0 for anything else.
int MajorOf(std::string_view ref) {
  if (ref.starts_with('v')) ref.remove_prefix(1);
  int major = 0;
  const auto [end, error] = std::from_chars(ref.data(), ref.data() + ref.size(), major);
  const bool ended = end == ref.data() + ref.size() || *end == '.';
  return error == std::errc() && ended && major < 1'000 ? major : 0;
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// What is known of the version that the table has.
ActionMetadata ReadKnown(const KnownAction& known) {
  ActionMetadata action;
  action.name = known.repository;
  action.state = MetadataState::kKnown;
  action.any_inputs = known.inputs == "*";
  action.any_outputs = known.outputs.ends_with("*");
  for (std::string& word : Words(known.inputs)) {
    InputMetadata input{.name = word};
    input.required = word.ends_with('!');
    if (input.required) input.name.pop_back();
    if (const std::size_t tilde = word.find('~'); tilde != std::string::npos) {
      input.name = word.substr(0, tilde);
      input.deprecation = word.substr(tilde + 1);
    }
    action.inputs.push_back(std::move(input));
  }
  action.outputs = Words(known.outputs);
  return action;
}

std::vector<ActionMetadata> ReadAllKnown() {
  std::vector<ActionMetadata> all;
  for (const KnownAction& known : kActions) all.push_back(ReadKnown(known));
  return all;
}

}  // namespace

ActionMetadata FindKnownAction(std::string_view uses) {
  static const std::vector<ActionMetadata> kKnown = ReadAllKnown();
  ActionMetadata action;
  const std::size_t sign = uses.find('@');
  if (sign == std::string_view::npos) return action;
  const int major = MajorOf(uses.substr(sign + 1));
  for (std::size_t i = 0; i < std::size(kActions); ++i) {
    const KnownAction& known = kActions[i];
    if (known.repository != uses.substr(0, sign)) continue;
    if (known.major != 0 && major == known.major) {
      action = kKnown[i];
    } else {
      action.name = known.repository;
    }
    action.outdated = major > 0 && major < known.first_major;
    return action;
  }
  return action;
}

}  // namespace tuesday::workflow::lint
