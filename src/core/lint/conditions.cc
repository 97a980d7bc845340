// SPDX-License-Identifier: Apache-2.0
// Conditions are tried, not proved: a condition over one number changes its answer only near the numbers that stand in it, so
// that those, their neighbours and what lies between show everything that it can say.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/condition/condition.h"
#include "core/lint/checks.h"
#include "core/manifest/check/rules.h"

namespace tuesday::lint {
namespace {

using condition::Condition;
using manifest::Metric;
using manifest::PosOf;

constexpr std::size_t kLiteralsMax = 16;  // A condition with more is not tried: nobody has written one.
constexpr int kElementsMax = 4;           // Of a result, for conditions that ask for its length.

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || IsDigit(c); }

// The numbers of a condition. Those of an index are among them; they do no harm.
void AddLiterals(const std::string& text, std::vector<double>& out) {
  for (std::size_t i = 0; i < text.size();) {
    if (!IsDigit(text[i]) || (i > 0 && IsWord(text[i - 1]))) {
      ++i;
      continue;
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), value);
    if (error == std::errc()) out.push_back(value);
    i = std::max(i + 1, static_cast<std::size_t>(end - text.data()));
  }
}

// What to try: first between the numbers and far from them, so that examples read well, then the numbers, then just beside
// them.
std::vector<double> Samples(std::vector<double> literals) {
  std::sort(literals.begin(), literals.end());
  literals.erase(std::unique(literals.begin(), literals.end()), literals.end());
  std::vector<double> samples;
  for (std::size_t i = 0; i + 1 < literals.size(); ++i) samples.push_back((literals[i] + literals[i + 1]) / 2);
  for (const double literal : literals) samples.insert(samples.end(), {literal, literal + 1, literal - 1});
  samples.insert(samples.end(), {0, 0.5, 1, 100, 1e12, -1, -1e12});
  for (const double literal : literals) {
    const double near = std::max(std::abs(literal) * 1e-6, 1e-9);
    samples.insert(samples.end(), {literal + near, literal - near, literal * 100, literal / 100, -literal});
  }
  return samples;
}

// Only comparisons of one value: then what was tried is all that there is. Arithmetic and other elements than the first may
// hide an answer.
bool IsExhaustive(const std::string& text) {
  constexpr auto kWords = std::to_array<std::string_view>({"result", "len", "isNaN", "isInf", "not", "and", "or", "all", "any",
                                                           "none", "default", "true", "false", "nil", "first", "last"});
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[' && text.substr(i, 3) != "[0]") return false;
    if (std::string_view("+*/%^\"'.?|").find(text[i]) != std::string_view::npos) {
      const bool point =
          text[i] == '.' && i > 0 && IsDigit(text[i - 1]) && (i < 2 || !IsWord(text[i - 2]) || IsDigit(text[i - 2]));
      const bool either = text[i] == '|' && (text.substr(i, 2) == "||" || (i > 0 && text[i - 1] == '|'));
      if (!point && !either) return false;
    }
    if (text[i] == '-' && (i + 1 == text.size() || !IsDigit(text[i + 1]))) return false;
    if (!IsWord(text[i]) || IsDigit(text[i]) || (i > 0 && IsWord(text[i - 1]))) continue;
    std::size_t end = i;
    while (end < text.size() && IsWord(text[end])) ++end;
    if (std::find(kWords.begin(), kWords.end(), text.substr(i, end - i)) == kWords.end()) return false;
  }
  return true;
}

// The shapes in which a query may give one number: alone, or as a vector.
std::vector<Json> Shapes(double value) {
  std::vector<Json> shapes = {Json(Json::Array{Json(value)}), Json(value)};
  for (int size = 2; size <= kElementsMax; ++size)
    shapes.emplace_back(Json::Array(static_cast<std::size_t>(size), Json(value)));
  return shapes;
}

enum class Answer { kNo, kYes, kNone };

Answer Ask(const std::optional<Condition>& condition, const Json& value) {
  if (!condition) return Answer::kNone;
  const Result<bool> holds = condition->Holds(value);
  if (!holds.has_value()) return Answer::kNone;
  return *holds ? Answer::kYes : Answer::kNo;
}

struct Tried {
  int answers = 0;
  bool holds = false;  // At least once.
  bool fails = false;
};

class ConditionLint {
 public:
  ConditionLint(const Report& report, const Metric& metric, std::size_t index, const Arguments& arguments)
      : report_(report), metric_(metric), index_(std::to_string(index)), arguments_(arguments) {}

  void Run() {
    if (metric_.success_condition.empty() && metric_.failure_condition.empty()) return SayNone();
    success_ = Parse("successCondition", metric_.success_condition, success_text_);
    failure_ = Parse("failureCondition", metric_.failure_condition, failure_text_);
    if (!std::holds_alternative<manifest::PrometheusProvider>(metric_.provider)) return;  // Others give any shape.
    std::vector<double> literals;
    AddLiterals(success_text_, literals);
    AddLiterals(failure_text_, literals);
    if (literals.size() > kLiteralsMax) return;
    Try(Samples(literals));
    CheckGuard("successCondition", success_, success_text_);
    CheckGuard("failureCondition", failure_, failure_text_);
  }

 private:
  SourcePos At(std::string_view key) const { return PosOf(report_.object, {"spec", "metrics", index_, key}); }

  // Providers with a verdict of their own need no condition.
  void SayNone() {
    const bool is_number = std::holds_alternative<manifest::PrometheusProvider>(metric_.provider);
    if (!is_number && !std::holds_alternative<manifest::WebProvider>(metric_.provider)) return;
    report_.Say(
        "no-condition", metric_.at,
        fmt::format("The metric {} has neither successCondition nor failureCondition: every value is a success.", metric_.name),
        "Add `successCondition: len(result) > 0 && result[0] >= 0.99`.");
  }

  std::optional<Condition> Parse(std::string_view key, const std::string& text, std::string& resolved) {
    const std::optional<std::string> known = Resolve(text, arguments_);
    if (!known || known->empty()) return std::nullopt;
    resolved = *known;
    Result<Condition> parsed = Condition::Parse(resolved);
    if (parsed.has_value()) return std::move(*parsed);
    report_.Say("bad-condition", At(key),
                fmt::format("`{}` of {} cannot be read: {}", key, metric_.name, parsed.error().message), parsed.error().hint);
    return std::nullopt;
  }

  void Try(const std::vector<double>& samples) {
    Tried success;
    Tried failure;
    bool contradiction = false;
    const auto note = [](Tried& tried, Answer answer) {
      if (answer == Answer::kNone) return;
      ++tried.answers;
      (answer == Answer::kYes ? tried.holds : tried.fails) = true;
    };
    note(success, Ask(success_, Json(Json::Array{})));
    note(failure, Ask(failure_, Json(Json::Array{})));
    for (const double sample : samples) {
      for (const Json& shape : Shapes(sample)) {
        const Answer good = Ask(success_, shape);
        const Answer bad = Ask(failure_, shape);
        note(success, good);
        note(failure, bad);
        if (good != Answer::kYes || bad != Answer::kYes || contradiction) continue;
        contradiction = true;
        report_.Say("contradicting-thresholds", At("failureCondition"),
                    fmt::format("At {} both `{}` and `{}` hold: the measurement is a success and a failure.", sample,
                                success_text_, failure_text_),
                    "Keep one condition, or let the two exclude each other.");
      }
    }
    SayConstant("successCondition", success_text_, success, "the metric can never pass", "the metric can never fail by it");
    SayConstant("failureCondition", failure_text_, failure, "the metric can never fail by it", "the metric can never pass");
  }

  void SayConstant(std::string_view key, const std::string& text, const Tried& tried, std::string_view never,
                   std::string_view always) {
    if (tried.answers == 0 || (tried.holds && tried.fails) || !IsExhaustive(text)) return;
    report_.Say("constant-condition", At(key),
                fmt::format("`{}` {}: {}.", text, tried.holds ? "holds for every value" : "can never hold",
                            tried.holds ? always : never),
                "Compare with a number that the query can reach on both sides.");
  }

  void CheckGuard(std::string_view key, const std::optional<Condition>& condition, const std::string& text) {
    if (!condition) return;
    const bool answers_one = Ask(condition, Json(Json::Array{Json(1.0)})) != Answer::kNone;
    if (!answers_one || Ask(condition, Json(Json::Array{})) != Answer::kNone) return;
    report_.Say(
        "unguarded-index", At(key),
        fmt::format("`{}` takes an element of a result that may be empty: no evidence here, an error on Argo Rollouts.", text),
        fmt::format("Say what emptiness means: `len(result) > 0 && {}`.", text));
  }

  const Report& report_;
  const Metric& metric_;
  const std::string index_;
  const Arguments& arguments_;
  std::optional<Condition> success_;
  std::optional<Condition> failure_;
  std::string success_text_;
  std::string failure_text_;
};

}  // namespace

void LintConditions(const Report& report, const Metric& metric, std::size_t index, const Arguments& arguments) {
  ConditionLint(report, metric, index, arguments).Run();
}

}  // namespace tuesday::lint
