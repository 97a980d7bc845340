// SPDX-License-Identifier: Apache-2.0
// JSON is read as the YAML that it is, because that reader knows lines and columns.
#include <fmt/format.h>

#include <algorithm>

#include "base/yaml.h"
#include "core/workflow/oidc/trust/conditions.h"
#include "core/workflow/oidc/trust/policy.h"

namespace tuesday::workflow {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  void Read(const YamlNode& root) {
    if (!root.IsMapping()) return Say(root, "policy-shape", "A trust policy is an object with the key Statement.", "");
    // What AWS's own tools print around a role's policy.
    if (const YamlNode* inner = root.Find("AssumeRolePolicyDocument"); inner != nullptr) return Read(*inner);
    const YamlNode* statements = root.Find("Statement");
    if (statements == nullptr) return Say(root, "policy-shape", "The policy has no Statement.", "");
    if (statements->IsMapping()) return ReadStatement(*statements);
    if (!statements->IsSequence()) return Say(*statements, "policy-shape", "Statement is an object or a list of such.", "");
    for (const YamlNode& one : statements->items) ReadStatement(one);
  }

  ReadTrust Take() { return std::move(read_); }

 private:
  SourcePos At(const YamlNode& node) const { return {file_, node.line, node.column}; }

  void Say(const YamlNode& at, std::string rule, std::string message, std::string mend) {
    read_.findings.push_back({At(at), Severity::kError, std::move(rule), std::move(message), std::move(mend)});
  }

  std::vector<PolicyText> Texts(const YamlNode& node, std::string_view what) {
    std::vector<PolicyText> texts;
    const auto take = [&](const YamlNode& one) {
      if (one.IsScalar())
        texts.push_back({one.text, At(one)});
      else
        Say(one, "policy-shape", fmt::format("{} is a text or a list of texts.", what), "");
    };
    if (node.IsSequence()) {
      for (const YamlNode& one : node.items) take(one);
    } else {
      take(node);
    }
    return texts;
  }

  void ReadStatement(const YamlNode& node) {
    if (!node.IsMapping()) return Say(node, "policy-shape", "A statement is an object.", "");
    TrustStatement statement;
    statement.at = At(node);
    bool has_effect = false;
    for (const YamlMember& member : node.members) {
      const std::string& key = member.first.text;
      const YamlNode& value = member.second;
      if (key == "Effect") {
        has_effect = value.text == "Allow" || value.text == "Deny";
        if (!has_effect) Say(value, "policy-effect", fmt::format("Effect is Allow or Deny, not \"{}\".", value.text), "");
        statement.effect = value.text == "Deny" ? TrustEffect::kDeny : TrustEffect::kAllow;
      } else if (key == "Sid") {
        statement.id = value.text;
      } else if (key == "Principal") {
        ReadPrincipal(value, statement);
      } else if (key == "Action") {
        statement.actions = Texts(value, "Action");
      } else if (key == "Condition") {
        ReadConditions(value, statement);
      } else {
        Say(member.first, "policy-element", fmt::format("A statement of a trust policy has no {} that can be read here.", key),
            "It has Effect, Principal, Action, Condition and Sid.");
      }
    }
    if (!has_effect && node.Find("Effect") == nullptr) Say(node, "policy-effect", "The statement has no Effect.", "");
    if (statement.actions.empty()) Say(node, "policy-shape", "The statement has no Action.", "");
    read_.policy.statements.push_back(std::move(statement));
  }

  void ReadPrincipal(const YamlNode& node, TrustStatement& statement) {
    if (!node.IsMapping()) return;  // "*": everybody, but nobody by a token.
    if (const YamlNode* federated = node.Find("Federated"); federated != nullptr)
      statement.federated = Texts(*federated, "Federated");
  }

  void ReadConditions(const YamlNode& node, TrustStatement& statement) {
    if (!node.IsMapping()) return Say(node, "policy-shape", "Condition is an object of operators.", "");
    for (const YamlMember& operation : node.members) {
      const std::string& name = operation.first.text;
      if (!ReadOperation(name).has_value()) {
        Say(operation.first, "policy-operator", fmt::format("The operator {} is not one that claims are compared by.", name),
            "Those are StringEquals, StringLike, their negations, IfExists and IgnoreCase forms, Null, and sets of them.");
        continue;
      }
      if (!operation.second.IsMapping()) {
        Say(operation.second, "policy-shape", fmt::format("{} is an object of keys.", name), "");
        continue;
      }
      for (const YamlMember& key : operation.second.members) {
        TrustCondition condition{.operation = name, .key = key.first.text, .values = {}, .at = At(key.first)};
        for (PolicyText& value : Texts(key.second, key.first.text)) condition.values.push_back(std::move(value.text));
        statement.conditions.push_back(std::move(condition));
      }
    }
  }

  std::string file_;
  ReadTrust read_;
};

}  // namespace

ReadTrust ReadTrustPolicy(std::string_view text, std::string_view file) {
  const Result<YamlNode> root = ParseYaml(text, file, {.bytes_max = kTrustPolicyBytesMax});
  if (!root.has_value()) {
    // The reader's sentence has the place already.
    return {.policy = {}, .findings = {{{}, Severity::kError, "policy-syntax", root.error().message, root.error().hint}}};
  }
  Reader reader(file);
  reader.Read(*root);
  return reader.Take();
}

}  // namespace tuesday::workflow
