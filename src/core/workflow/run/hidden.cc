// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/run/hidden.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tuesday::workflow {
namespace {

// Begin and end of a name. A begin that stands in the text itself is written twice, so that no text can ask for a secret.
constexpr char kBegin = '\x1f';
constexpr char kEnd = '\x1e';

struct Secret {
  std::string name;
  std::string value;
};

// The longest first: a secret within another must not leave the rest of that one.
std::vector<Secret> SecretsOf(const expression::Value& secrets) {
  std::vector<Secret> known;
  if (secrets.as_object() == nullptr) return known;
  for (const auto& [name, value] : secrets.as_object()->members()) {
    if (std::string text = value.ToText(); !text.empty()) known.push_back({name, std::move(text)});
  }
  std::stable_sort(known.begin(), known.end(),
                   [](const Secret& a, const Secret& b) { return a.value.size() > b.value.size(); });
  return known;
}

}  // namespace

std::string HideSecrets(const expression::Value& secrets, std::string_view text) {
  const std::vector<Secret> known = SecretsOf(secrets);
  std::string hidden;
  for (std::size_t at = 0; at < text.size();) {
    const auto found =
        std::find_if(known.begin(), known.end(), [&](const Secret& one) { return text.substr(at).starts_with(one.value); });
    if (found != known.end()) {
      hidden += kBegin + found->name + kEnd;
      at += found->value.size();
      continue;
    }
    if (text[at] == kBegin) hidden += kBegin;
    hidden += text[at++];
  }
  return hidden;
}

std::string RevealSecrets(const expression::Value& secrets, std::string_view text) {
  std::string revealed;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != kBegin) {
      revealed += text[at++];
      continue;
    }
    if (text.substr(at + 1).starts_with(kBegin)) {
      revealed += kBegin;
      at += 2;
      continue;
    }
    const std::size_t end = std::min(text.find(kEnd, at), text.size());
    const auto* value = secrets.as_object() == nullptr ? nullptr : secrets.as_object()->Find(text.substr(at + 1, end - at - 1));
    if (value != nullptr) revealed += value->ToText();
    at = end + 1;
  }
  return revealed;
}

Pairs HideSecrets(const expression::Value& secrets, Pairs pairs) {
  for (auto& [key, value] : pairs) value = HideSecrets(secrets, value);
  return pairs;
}

Pairs RevealSecrets(const expression::Value& secrets, Pairs pairs) {
  for (auto& [key, value] : pairs) value = RevealSecrets(secrets, value);
  return pairs;
}

}  // namespace tuesday::workflow
