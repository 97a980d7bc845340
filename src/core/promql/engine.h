// SPDX-License-Identifier: Apache-2.0
// Evaluates PromQL over a Source exactly as Prometheus 3 does, and can bear witness: what each outermost comparison
// compared and what each selector saw, recorded in the one evaluation.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "core/metrics/labels.h"
#include "core/metrics/source.h"
#include "core/promql/ast.h"

namespace tuesday::promql {

struct VectorSample {
  metrics::Labels labels;
  double value = 0;
};
struct ScalarValue {
  double value = 0;
};
struct StringValue {
  std::string value;
};
using Vector = std::vector<VectorSample>;
using Matrix = std::vector<metrics::Series>;
using Value = std::variant<ScalarValue, StringValue, Vector, Matrix>;

// What an evaluation has to say apart from its value, in Prometheus' words and with the position that they speak of.
struct Note {
  enum class Level { kWarning, kInfo };
  Level level = Level::kInfo;
  std::string message;
  PosRange pos;
  friend bool operator==(const Note&, const Note&) = default;
};

struct EngineOptions {
  std::int64_t lookback_ms = 5 * 60 * 1000;
  std::int64_t default_subquery_step_ms = 60 * 1000;
  std::int64_t samples_max = 50'000'000;
  bool delayed_name_removal = false;   // Prometheus' test harness runs with it, production without.
  bool experimental = false;           // Experimental functions and syntax.
  std::vector<Note>* notes = nullptr;  // Where to leave notes, each once; null: nowhere.
};

// What one selector of the expression was given.
struct SelectorWitness {
  std::string text;       // As printed canonically.
  std::int64_t from = 0;  // Its window, (from, to], in milliseconds.
  std::int64_t to = 0;
  int series = 0;
  std::int64_t samples = 0;
  std::optional<std::int64_t> first;  // Time of the first and the last sample seen.
  std::optional<std::int64_t> last;
};

// One outermost comparison: both of its sides as they were before the filter.
struct ComparisonWitness {
  std::string text;
  std::string left_text;
  std::string right_text;
  Value left;
  Value right;
  bool held = false;  // The comparison let at least one element through.
};

// How the outermost comparisons are joined: a leaf is a comparison, `or` and `and` join two sub-witnesses, and an
// expression without a comparison has the kind kNone.
struct Witness {
  enum class Kind { kNone, kComparison, kAnd, kOr, kUnless };
  Kind kind = Kind::kNone;
  std::vector<Witness> parts;                   // Of kAnd, kOr and kUnless.
  std::optional<ComparisonWitness> comparison;  // Of kComparison.
  std::vector<SelectorWitness> selectors;       // At the root: every selector of the expression, in its order.
  // At the root: what aggregations and quantiles of few elements gave, and the greatest finite bound that a quantile's buckets
  // had, by their place in the expression, which must live as long. Looked up only.
  std::map<const Expr*, Vector> inner;
  std::map<const Expr*, double> last_bounds;
};

// `expr op expr` at one instant. `witness` may be null.
Result<Value> EvaluateInstant(const Expr& expr, const metrics::Source& source, std::int64_t time_ms,
                              const EngineOptions& options, Witness* witness);

// As a range query: a matrix with one sample a step, labels sorted.
Result<Matrix> EvaluateRange(const Expr& expr, const metrics::Source& source, std::int64_t start_ms, std::int64_t end_ms,
                             std::int64_t step_ms, const EngineOptions& options);

}  // namespace tuesday::promql
