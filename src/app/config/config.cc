// SPDX-License-Identifier: Apache-2.0
#include "app/config/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tuesday::config {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  void Read(const YamlNode& node, const std::string& prefix) {
    if (node.IsNull()) return;
    if (!node.IsMapping()) return Say(node, "wrong-type", fmt::format("`{}` is a group of keys.", NameOf(prefix)));
    for (const YamlMember& member : node.members) {
      const std::string path = prefix.empty() ? member.first.text : prefix + "." + member.first.text;
      const auto key = std::ranges::find(Keys(), path, &Key::path);
      if (key != Keys().end()) {
        Take(*key, member.second);
      } else if (std::ranges::any_of(Keys(), [&](const Key& other) { return other.path.starts_with(path + "."); })) {
        Read(member.second, path);
      } else {
        SayUnknown(member.first, prefix);
      }
    }
  }

  const Config& config() const { return config_; }
  std::vector<Finding>& findings() { return findings_; }

  // What no key alone can know.
  void CheckWhole() {
    if (config_.api_certificate.empty() != config_.api_key.empty())
      Say({}, "needs-both", "`listeners.api.certificate` and `listeners.api.key` are given together or not at all.");
  }

 private:
  static std::string NameOf(const std::string& prefix) { return prefix.empty() ? "the file" : prefix; }

  void Take(const Key& key, const YamlNode& node) {
    if (!node.IsScalar()) return Say(node, "wrong-type", fmt::format("`{}` is one {}.", key.path, key.type));
    const std::string wrong = key.set(config_, node);
    if (!wrong.empty()) Say(node, "bad-value", fmt::format("`{}`: \"{}\" {}.", key.path, node.text.substr(0, 64), wrong));
  }

  void SayUnknown(const YamlNode& name, const std::string& prefix) {
    std::set<std::string> known;
    for (const Key& key : Keys()) {
      if (!prefix.empty() && !key.path.starts_with(prefix + ".")) continue;
      const std::string_view rest = key.path.substr(prefix.empty() ? 0 : prefix.size() + 1);
      known.emplace(rest.substr(0, rest.find('.')));
    }
    const std::string nearest = NearestWord(name.text, {known.begin(), known.end()});
    Say(name, "unknown-key", fmt::format("`{}` is not a key of {}.", name.text.substr(0, 64), NameOf(prefix)),
        nearest.empty() ? "`tuesday config keys` lists them." : fmt::format("Did you mean `{}`?", nearest));
  }

  void Say(const YamlNode& at, std::string rule, std::string message, std::string mend = {}) {
    findings_.push_back({.at = {std::string(file_), at.line, at.column},
                         .severity = Severity::kError,
                         .rule = std::move(rule),
                         .message = std::move(message),
                         .mend = std::move(mend)});
  }

  std::string_view file_;
  Config config_;
  std::vector<Finding> findings_;
};

}  // namespace

Result<Config> ReadConfig(std::string_view text, std::string_view file) {
  TRY(const YamlNode node, ParseYaml(text, file));
  Reader reader(file);
  reader.Read(node, "");
  reader.CheckWhole();
  if (reader.findings().empty()) return reader.config();
  std::string all;
  for (const Finding& finding : reader.findings()) all += (all.empty() ? "" : "\n") + finding.Text();
  return Fail(ErrorCode::kInvalid, all, "Nothing of the file is taken. `tuesday config check` reads it without effect.");
}

std::vector<std::string> NeedsRestart(const Config& before, const Config& after) {
  std::vector<std::string> keys;
  const auto compare = [&keys](bool same, const char* path) {
    if (!same) keys.emplace_back(path);
  };
  compare(before.edge_listen == after.edge_listen, "listeners.edge.listen");
  compare(before.edge_tls_listen == after.edge_tls_listen, "listeners.edge.tls_listen");
  compare(before.containers_socket == after.containers_socket, "containers.socket");
  compare(before.containers_logins == after.containers_logins, "containers.logins");
  return keys;
}

}  // namespace tuesday::config
