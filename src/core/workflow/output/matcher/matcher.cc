// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/output/matcher/matcher.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <array>
#include <charconv>

#include "base/json.h"
#include "core/expression/value/text.h"
#include "core/workflow/output/matchers.h"

namespace tuesday::workflow {

class Regexp {
 public:
  explicit Regexp(const std::string& pattern) : re_(pattern, Options()) {}
  const RE2& re() const { return re_; }

 private:
  static RE2::Options Options() {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    return options;
  }
  RE2 re_;
};

namespace {

constexpr int kMatchersDepthMax = 16;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Part {
  std::string_view name;
  std::optional<int> MatcherPattern::* number;
  std::optional<std::string> PartialMatch::* text;
};

const std::array<Part, 7>& Parts() {
  static const std::array<Part, 7> kParts = {{{"file", &MatcherPattern::file, &PartialMatch::file},
                                              {"line", &MatcherPattern::line, &PartialMatch::line},
                                              {"column", &MatcherPattern::column, &PartialMatch::column},
                                              {"severity", &MatcherPattern::severity, &PartialMatch::severity},
                                              {"code", &MatcherPattern::code, &PartialMatch::code},
                                              {"message", &MatcherPattern::message, &PartialMatch::message},
                                              {"fromPath", &MatcherPattern::from_path, &PartialMatch::from_path}}};
  return kParts;
}

// ECMAScript's \uXXXX in RE2's words.
std::string ForRe2(std::string_view pattern) {
  std::string text;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const bool unicode = pattern.substr(at, 2) == "\\u" && at + 6 <= pattern.size() &&
                         pattern.substr(at + 2, 4).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
    if (unicode) {
      text += fmt::format("\\x{{{}}}", pattern.substr(at + 2, 4));
      at += 5;
    } else if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      text += pattern.substr(at, 2);
      ++at;
    } else {
      text += pattern[at];
    }
  }
  return text;
}

std::unexpected<Error> Wrong(std::string message) { return Fail(ErrorCode::kInvalid, std::move(message)); }

Result<std::shared_ptr<const Regexp>> ReadRegexp(const Json& json, const std::string& owner) {
  const std::string pattern = json.StringOr("");
  if (pattern.size() > kMatcherPatternLengthMax) {
    return Fail(ErrorCode::kLimit, fmt::format("A regular expression of the matcher '{}' is longer than {} bytes.", owner,
                                               kMatcherPatternLengthMax));
  }
  auto regexp = std::make_shared<const Regexp>(ForRe2(pattern));
  if (!regexp->re().ok()) {
    return Fail(ErrorCode::kUnsupported,
                fmt::format("The regular expression '{}' of the matcher '{}' cannot be used: {}.", pattern, owner,
                            regexp->re().error()),
                "Write it without looking ahead or behind, and without references to groups.");
  }
  return std::shared_ptr<const Regexp>(std::move(regexp));
}

// The number of a group, where a text of digits is a number too.
Result<std::optional<int>> ReadGroup(const Json& value, std::string_view name) {
  if (value.is_null()) return std::optional<int>();
  if (value.as_int() != nullptr && *value.as_int() >= -1 && *value.as_int() <= 1'000'000)
    return std::optional(static_cast<int>(*value.as_int()));
  if (const std::string* text = value.as_string(); text != nullptr) {
    int number = 0;
    const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
    if (read.ec == std::errc() && read.ptr == text->data() + text->size()) return std::optional(number);
  }
  return Wrong(fmt::format("The property '{}' is not the number of a group", name));
}

class Reader {
 public:
  // Every matcher has an owner of its own.
  Result<std::vector<std::shared_ptr<const Matcher>>> Read(const Json& root) {
    std::vector<std::shared_ptr<const Matcher>> matchers;
    const Json& list = root.At("problemMatcher");
    if (list.is_null()) return matchers;
    if (list.as_array() == nullptr) return Wrong("'problemMatcher' is not a list");
    for (const Json& each : *list.as_array()) {
      if (matchers.size() == kMatchersMax) return Wrong(fmt::format("More than {} matchers in one file", kMatchersMax));
      TRY(Matcher matcher, ReadMatcher(each));
      for (const auto& other : matchers) {
        if (expression::SameText(other->owner, matcher.owner))
          return Wrong(fmt::format("Duplicate owner name '{}'", matcher.owner));
      }
      matchers.push_back(std::make_shared<const Matcher>(std::move(matcher)));
    }
    return matchers;
  }

 private:
  Result<Matcher> ReadMatcher(const Json& json) {
    Matcher matcher{.owner = json.At("owner").StringOr(""), .severity = json.At("severity").StringOr(""), .patterns = {}};
    if (matcher.owner.empty()) return Wrong("Owner must not be empty");
    bool known = matcher.severity.empty();
    for (const std::string_view word : {"error", "warning", "notice"})
      known = known || expression::SameText(matcher.severity, word);
    if (!known)
      return Wrong(fmt::format("Matcher '{}' contains unexpected default severity '{}'", matcher.owner, matcher.severity));
    const Json::Array* patterns = json.At("pattern").as_array();
    if (patterns == nullptr || patterns->empty())
      return Wrong(fmt::format("Matcher '{}' does not contain any patterns", matcher.owner));
    if (patterns->size() > kMatcherPatternsMax)
      return Wrong(fmt::format("Matcher '{}' has more than {} patterns", matcher.owner, kMatcherPatternsMax));
    set_ = {};
    for (std::size_t i = 0; i < patterns->size(); ++i) {
      TRY(MatcherPattern pattern, ReadPattern((*patterns)[i], matcher.owner));
      if (pattern.loop && (i == 0 || i + 1 < patterns->size()))
        return Wrong("Only the last pattern in a multiline matcher may set 'loop'");
      if (pattern.loop && !pattern.message.has_value()) return Wrong("The loop pattern must set 'message'");
      matcher.patterns.push_back(std::move(pattern));
    }
    if (!set_[kMessage]) return Wrong("At least one pattern must set 'message'");
    return matcher;
  }

  Result<MatcherPattern> ReadPattern(const Json& json, const std::string& owner) {
    MatcherPattern pattern;
    TRY(pattern.regexp, ReadRegexp(json.At("regexp"), owner));
    pattern.loop = json.At("loop").BoolOr(false);
    const int groups = pattern.regexp->re().NumberOfCapturingGroups() + 1;
    for (std::size_t i = 0; i < Parts().size(); ++i) {
      const Part& part = Parts()[i];
      TRY(const std::optional<int> number, ReadGroup(json.At(part.name), part.name));
      if (!number.has_value()) continue;
      if (set_[i]) return Wrong(fmt::format("The property '{}' is set twice", part.name));
      if (*number < 0 || *number >= groups)
        return Wrong(fmt::format("The property '{}' is set to {} which is out of range", part.name, *number));
      set_[i] = true;
      pattern.*part.number = number;
    }
    return pattern;
  }

  static constexpr std::size_t kMessage = 5;
  std::array<bool, 7> set_{};
};

Result<Json> ParseMatchers(std::string_view json) {
  if (json.size() > kMatcherFileBytesMax)
    return Fail(ErrorCode::kLimit, fmt::format("The file of matchers is larger than {} bytes.", kMatcherFileBytesMax));
  if (json.starts_with(kByteOrderMark)) json.remove_prefix(kByteOrderMark.size());
  return ParseJson(json, {.bytes_max = kMatcherFileBytesMax, .depth_max = kMatchersDepthMax});
}

}  // namespace

std::optional<PartialMatch> MatcherPattern::Match(std::string_view text, const PartialMatch* before) const {
  const RE2& re = regexp->re();
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(re.NumberOfCapturingGroups()) + 1);
  if (!re.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), RE2::UNANCHORED, groups.data(),
                static_cast<int>(groups.size()))) {
    return std::nullopt;
  }
  PartialMatch match = before != nullptr ? *before : PartialMatch();
  for (const Part& part : Parts()) {
    const std::optional<int> number = this->*part.number;
    if (!number.has_value() || (match.*part.text).has_value()) continue;
    const re2::StringPiece& group = groups[static_cast<std::size_t>(*number)];
    match.*part.text = std::string(group.data(), group.size());
  }
  return match;
}

int MatcherPattern::ProgramSize() const { return regexp->re().ProgramSize(); }

Result<std::vector<std::shared_ptr<const Matcher>>> ReadMatchers(std::string_view json) {
  TRY(const Json root, ParseMatchers(json));
  return Reader().Read(root);
}

Result<std::vector<std::string>> ReadOwners(std::string_view json) {
  TRY(const Json root, ParseMatchers(json));
  std::vector<std::string> owners;
  const Json::Array* list = root.At("problemMatcher").as_array();
  if (list == nullptr) return owners;
  for (const Json& each : *list) {
    if (std::string owner = each.At("owner").StringOr(""); !owner.empty()) owners.push_back(std::move(owner));
  }
  return owners;
}

}  // namespace tuesday::workflow
