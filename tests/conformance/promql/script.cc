// SPDX-License-Identifier: Apache-2.0
#include "script.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "core/metrics/matchers.h"
#include "core/metrics/text.h"
#include "core/promql/engine.h"
#include "core/promql/parser.h"
#include "core/promql/series_text.h"

namespace tuesday::conformance {
namespace {

using metrics::Labels;
using metrics::Sample;
using metrics::Series;

class Table : public metrics::Source {
 public:
  std::map<Labels, std::map<std::int64_t, double>> series;

  Result<std::vector<Series>> Select(const std::vector<metrics::LabelMatcher>& matchers, std::int64_t from,
                                     std::int64_t to) const override {
    TRY(const metrics::CompiledMatchers compiled, metrics::CompiledMatchers::Compile(matchers));
    std::vector<Series> found;
    for (const auto& [labels, samples] : series) {
      if (!compiled.Match(labels)) continue;
      Series one{labels, {}};
      for (auto at = samples.upper_bound(from); at != samples.end() && at->first <= to; ++at) {
        one.samples.push_back({at->first, at->second});
      }
      if (!one.samples.empty()) found.push_back(std::move(one));
    }
    return found;
  }
};

struct Eval {
  int line = 0;
  bool range = false;
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::int64_t step = 0;
  std::string query;
  bool fail = false;
  bool ordered = false;
  std::optional<std::string> fail_message;
  std::optional<std::string> fail_regex;
  std::optional<std::string> text;
  std::optional<double> scalar;
  std::vector<promql::SeriesText> series;
  bool range_vector = false;
  bool native = false;
  // Notes expected: (warning?, regex?, text); and the kinds that are checked at all.
  std::vector<std::tuple<bool, bool, std::string>> notes;
  bool check_warnings = false;
  bool check_infos = false;
};

std::string Trim(std::string text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::int64_t Millis(const std::string& text) {
  const bool negative = text.starts_with("-");
  const std::string size = negative ? text.substr(1) : text;
  const Result<std::int64_t> ms = promql::ParseDuration(size);
  const std::int64_t value = ms ? *ms : static_cast<std::int64_t>(std::llround(std::stod(size) * 1000));
  return negative ? -value : value;
}

bool Near(double a, double b) {
  if (metrics::IsStale(a) || metrics::IsStale(b)) return metrics::IsStale(a) && metrics::IsStale(b);
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::fabs(a - b) <= 1e-6 * (std::fabs(a) + std::fabs(b));
}

class Script {
 public:
  Script(std::string name, const std::string& text) : name_(std::move(name)) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      line = Trim(line);
      lines_.push_back(line.starts_with("#") ? "" : line);
    }
  }

  std::vector<EvalOutcome> Run() {
    while (at_ < lines_.size()) {
      const std::string& line = lines_[at_];
      if (line.starts_with("clear")) {
        table_ = {};
        native_names_.clear();
        ++at_;
      } else if (line.starts_with("load")) {
        Load();
      } else if (line.starts_with("eval")) {
        RunEval();
      } else {
        ++at_;
      }
    }
    return std::move(outcomes_);
  }

 private:
  void Load() {
    std::istringstream words(lines_[at_++]);
    std::string command;
    std::string step_text;
    words >> command >> step_text;
    const std::int64_t step = Millis(step_text);
    for (; at_ < lines_.size() && !lines_[at_].empty(); ++at_) {
      const std::string& line = lines_[at_];
      if (line.find("@st") != std::string::npos) continue;
      const Result<promql::SeriesText> series = promql::ParseSeriesText(line);
      if (!series) {
        native_names_.insert(line.substr(0, line.find_first_of("{ ")));
        continue;
      }
      if (command == "load_with_nhcb") {
        const std::string name(series->labels.Name());
        if (name.ends_with("_bucket")) native_names_.insert(name.substr(0, name.size() - 7) + "{");
      }
      for (std::size_t i = 0; i < series->values.size(); ++i) {
        if (series->values[i]) table_.series[series->labels][static_cast<std::int64_t>(i) * step] = *series->values[i];
      }
    }
  }

  void RunEval() {
    Eval eval;
    eval.line = static_cast<int>(at_) + 1;
    Head(eval, lines_[at_++]);
    for (; at_ < lines_.size() && !lines_[at_].empty(); ++at_) Expectation(eval, lines_[at_]);
    EvalOutcome outcome{name_ + ":" + std::to_string(eval.line), eval.query, TierOf(eval), Check(eval)};
    outcomes_.push_back(std::move(outcome));
  }

  static void Head(Eval& eval, const std::string& line) {
    static const RE2 kInstant(R"((eval\S*)\s+instant\s+(?:at\s+(\S+)\s+)?(.*))");
    static const RE2 kRange(R"((eval\S*)\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.*))");
    std::string command;
    std::string from;
    std::string to;
    std::string step;
    if (RE2::FullMatch(line, kRange, &command, &from, &to, &step, &eval.query)) {
      eval.range = true;
      eval.start = Millis(from);
      eval.end = Millis(to);
      eval.step = Millis(step);
    } else if (RE2::FullMatch(line, kInstant, &command, &from, &eval.query)) {
      eval.start = from.empty() ? 0 : Millis(from);
    }
    eval.fail = command == "eval_fail";
    eval.ordered = command == "eval_ordered";
    if (command == "eval_warn") eval.notes.emplace_back(true, true, ".*");
    if (command == "eval_info") eval.notes.emplace_back(false, true, ".*");
  }

  static void Expectation(Eval& eval, const std::string& line) {
    static const RE2 kExpect(R"(expect\s+(fail|warn|info|no_warn|no_info|ordered)\s*(?:(msg|regex):\s*(.*))?)");
    static const RE2 kString(R"(expect\s+string\s+(.*))");
    std::string kind;
    std::string how;
    std::string text;
    if (RE2::FullMatch(line, kString, &text)) {
      eval.text = text;
      const Result<promql::ExprPtr> literal = promql::ParseExpr(text);
      if (literal && (*literal)->As<promql::StringLiteral>() != nullptr)
        eval.text = (*literal)->As<promql::StringLiteral>()->value;
    } else if (line.starts_with("expect range vector")) {
      static const RE2 kVector(R"(expect range vector from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+))");
      std::string from;
      std::string to;
      std::string step;
      RE2::FullMatch(line, kVector, &from, &to, &step);
      eval.range_vector = true;
      eval.end = Millis(from);
      eval.step = Millis(step);
    } else if (RE2::FullMatch(line, kExpect, &kind, &how, &text)) {
      if (kind == "fail") {
        eval.fail = true;
        (how == "regex" ? eval.fail_regex : eval.fail_message) = how.empty() ? std::nullopt : std::optional(text);
      } else if (kind == "ordered") {
        eval.ordered = true;
      } else {
        const bool warning = kind.ends_with("warn");
        (warning ? eval.check_warnings : eval.check_infos) = true;
        if (!kind.starts_with("no_")) {
          eval.notes.emplace_back(warning, how != "msg", how.empty() ? ".*" : text);
        }
      }
    } else if (line.starts_with("expected_fail_message")) {
      eval.fail_message = Trim(line.substr(21));
    } else if (line.starts_with("expected_fail_regexp")) {
      eval.fail_regex = Trim(line.substr(20));
    } else if (const Result<promql::ExprPtr> number = promql::ParseExpr(line);
               number && (*number)->As<promql::NumberLiteral>() != nullptr) {
      eval.scalar = (*number)->As<promql::NumberLiteral>()->value;
    } else if (Result<promql::SeriesText> series = promql::ParseSeriesText(line)) {
      eval.series.push_back(*std::move(series));
    } else {
      eval.native = true;
    }
  }

  Tier TierOf(const Eval& eval) const {
    static const std::set<std::string> kExperimental = {
        "duration_expression.test", "extended_vectors.test", "fill-modifier.test", "info.test", "limit.test",
        "start_timestamps.test",    "type_and_unit.test"};
    if (kExperimental.contains(name_)) return Tier::kExperimental;
    if (eval.native || name_ == "native_histograms.test") return Tier::kNative;
    for (const std::string& name : native_names_) {
      if (!name.empty() && eval.query.find(name.substr(0, name.find('{'))) != std::string::npos) return Tier::kNative;
    }
    return Tier::kCore;
  }

  std::string Check(const Eval& eval) const {
    std::vector<promql::Note> notes;
    promql::EngineOptions options;
    options.experimental = true;
    options.delayed_name_removal = true;
    options.samples_max = 10'000;
    options.notes = &notes;
    const Result<promql::ExprPtr> expr = promql::ParseExpr(eval.query, {.experimental = true});
    Result<promql::Value> value = !expr        ? Result<promql::Value>(std::unexpected(expr.error()))
                                  : eval.range ? Range(**expr, eval, options)
                                               : promql::EvaluateInstant(**expr, table_, eval.start, options, nullptr);
    if (eval.fail) return CheckFailure(eval, value);
    if (!value) return "error: " + value.error().message;
    if (eval.native) return "expects a native histogram";
    if (std::string problem = CheckNotes(eval, notes); !problem.empty()) return problem;
    return std::visit([&](const auto& one) { return Compare(eval, one); }, *value);
  }

  Result<promql::Value> Range(const promql::Expr& expr, const Eval& eval, const promql::EngineOptions& options) const {
    TRY(promql::Matrix matrix, promql::EvaluateRange(expr, table_, eval.start, eval.end, eval.step, options));
    return promql::Value(std::move(matrix));
  }

  static std::string CheckFailure(const Eval& eval, const Result<promql::Value>& value) {
    if (value) return "should fail and did not";
    const std::string& message = value.error().message;
    if (eval.fail_message && message != *eval.fail_message)
      return "fails with: " + message + " instead of " + *eval.fail_message;
    if (eval.fail_regex && !RE2::PartialMatch(message, *eval.fail_regex)) return "fails with: " + message;
    return "";
  }

  static std::string CheckNotes(const Eval& eval, const std::vector<promql::Note>& notes) {
    for (const bool warning : {true, false}) {
      if (!(warning ? eval.check_warnings : eval.check_infos)) continue;
      std::vector<std::string> texts;
      for (const promql::Note& note : notes) {
        if ((note.level == promql::Note::Level::kWarning) != warning) continue;
        texts.push_back(note.message + " (" + promql::PositionText(eval.query, note.pos.start) + ")");
      }
      std::vector<char> explained(texts.size(), 0);
      for (const auto& [is_warning, regex, expected] : eval.notes) {
        if (is_warning != warning) continue;
        bool found = false;
        for (std::size_t i = 0; i < texts.size(); ++i) {
          if (regex ? RE2::PartialMatch(texts[i], expected) : texts[i] == expected) {
            found = true;
            explained[i] = 1;
          }
        }
        if (!found) return "note not given: " + expected + (texts.empty() ? "" : " but: " + texts[0]);
      }
      for (std::size_t i = 0; i < texts.size(); ++i) {
        if (explained[i] == 0) return "unexpected note: " + texts[i];
      }
    }
    return "";
  }

  static std::string Compare(const Eval& eval, const promql::ScalarValue& value) {
    if (!eval.scalar) return "is a scalar";
    return Near(value.value, *eval.scalar) ? "" : "is " + metrics::NumberText(value.value);
  }
  static std::string Compare(const Eval& eval, const promql::StringValue& value) {
    return eval.text && *eval.text == value.value ? "" : "is the string " + value.value;
  }

  static std::string Compare(const Eval& eval, const promql::Vector& vector) {
    if (eval.scalar) return "is a vector, not a scalar";
    if (vector.size() != eval.series.size()) return "has " + std::to_string(vector.size()) + " elements" + Show(vector);
    for (std::size_t i = 0; i < vector.size(); ++i) {
      const auto expected = std::find_if(eval.series.begin(), eval.series.end(),
                                         [&](const auto& series) { return series.labels == vector[i].labels; });
      if (expected == eval.series.end()) return "unexpected " + vector[i].labels.Text();
      if (eval.ordered && expected - eval.series.begin() != static_cast<std::ptrdiff_t>(i)) return "wrong order" + Show(vector);
      if (expected->values.empty() || !expected->values[0] || !Near(*expected->values[0], vector[i].value)) {
        return vector[i].labels.Text() + " is " + metrics::NumberText(vector[i].value);
      }
    }
    return "";
  }

  static std::string Show(const promql::Vector& vector) {
    std::string text = ":";
    for (const auto& sample : vector) text += " " + sample.labels.Text() + "=" + metrics::NumberText(sample.value);
    return text.substr(0, 400);
  }

  static std::string Compare(const Eval& eval, const promql::Matrix& matrix) {
    const std::int64_t first = eval.range_vector ? eval.end : eval.start;
    std::map<Labels, std::map<std::int64_t, double>> expected;
    for (const promql::SeriesText& series : eval.series) {
      for (std::size_t i = 0; i < series.values.size(); ++i) {
        if (series.values[i]) expected[series.labels][first + static_cast<std::int64_t>(i) * eval.step] = *series.values[i];
      }
    }
    if (eval.scalar) expected[Labels{}][first] = *eval.scalar;
    if (matrix.size() != expected.size()) {
      return "has " + std::to_string(matrix.size()) + " series, not " + std::to_string(expected.size());
    }
    for (const Series& series : matrix) {
      const auto wanted = expected.find(series.labels);
      if (wanted == expected.end()) return "unexpected " + series.labels.Text();
      if (series.samples.size() != wanted->second.size()) {
        return series.labels.Text() + " has " + std::to_string(series.samples.size()) + " points";
      }
      for (const Sample& sample : series.samples) {
        const auto point = wanted->second.find(sample.t);
        if (point == wanted->second.end() || !Near(point->second, sample.value)) {
          return series.labels.Text() + " at " + std::to_string(sample.t) + " is " + metrics::NumberText(sample.value);
        }
      }
    }
    return "";
  }

  std::string name_;
  std::vector<std::string> lines_;
  std::size_t at_ = 0;
  Table table_;
  std::set<std::string> native_names_;
  std::vector<EvalOutcome> outcomes_;
};

}  // namespace

std::vector<EvalOutcome> RunScript(const std::string& file_name, const std::string& text) {
  return Script(file_name, text).Run();
}

}  // namespace tuesday::conformance
