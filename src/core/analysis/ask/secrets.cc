// SPDX-License-Identifier: Apache-2.0
#include "core/analysis/ask/secrets.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tuesday::analysis {
namespace {

constexpr std::string_view kOpen = "{{secrets.";
constexpr std::string_view kClose = "}}";

void ReplaceAll(std::string& text, const std::string& what) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + kMasked.size())) {
    text.replace(at, what.size(), kMasked);
  }
}

}  // namespace

std::string SecretPlaceholder(std::string_view secret, std::string_view key) {
  return fmt::format("{}{}/{}{}", kOpen, secret, key, kClose);
}

bool HoldsSecret(std::string_view text) { return text.find(kOpen) != std::string_view::npos; }

Result<std::string> SecretFiller::Fill(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t open = text.find(kOpen);
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    const std::size_t close = text.find(kClose, open);
    const std::string_view name =
        text.substr(open + kOpen.size(), close == std::string_view::npos ? close : close - open - kOpen.size());
    const std::size_t slash = name.find('/');
    if (close == std::string_view::npos || slash == std::string_view::npos)
      return Fail(ErrorCode::kInvalid, "A place of a secret is cut off.");
    TRY(const std::string value, lookup_(std::string(name.substr(0, slash)), std::string(name.substr(slash + 1))));
    Remember(value);
    out += value;
    text.remove_prefix(close + kClose.size());
  }
}

void SecretFiller::Remember(const std::string& value) {
  if (!value.empty()) values_.insert(value);
}

std::string SecretFiller::Mask(std::string text) const {
  // The longest first: one value may be a part of another.
  std::vector<std::string> values(values_.begin(), values_.end());
  std::ranges::sort(values, std::ranges::greater(), &std::string::size);
  for (const std::string& value : values) ReplaceAll(text, value);
  return text;
}

Json SecretFiller::Mask(const Json& value) const {
  if (const std::string* text = value.as_string()) return Mask(*text);
  if (const Json::Array* array = value.as_array()) {
    Json::Array out;
    for (const Json& item : *array) out.push_back(Mask(item));
    return out;
  }
  if (const Json::Object* object = value.as_object()) {
    Json::Object out;
    for (const auto& [key, member] : *object) out.insert_or_assign(Mask(key), Mask(member));
    return out;
  }
  return value;
}

Error SecretFiller::Mask(Error error) const {
  error.message = Mask(std::move(error.message));
  error.hint = Mask(std::move(error.hint));
  return error;
}

}  // namespace tuesday::analysis
