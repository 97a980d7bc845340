// SPDX-License-Identifier: Apache-2.0
// What a template can call: Go's builtins and Prometheus' functions, with the types of their parameters.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/rules/template/expand.h"
#include "core/rules/template/value.h"

namespace tuesday::rules::text {

using Arguments = std::vector<Value>;

// What a function may reach. `call_template` runs a defined template with a dot.
struct Surroundings {
  const Expansion& expansion;
  std::function<Result<std::string>(const std::string&, const Value&)> call_template;
};

// One letter for each parameter: s text, f float64, i int, a anything, q a query's result, m a sample of one,
// d a duration. A `*` at the end lets the last repeat any number of times, also none.
struct Function {
  std::string_view parameters;
  std::function<Result<Value>(const Surroundings&, const Arguments&)> call;
};
using FunctionTable = std::map<std::string, Function, std::less<>>;

// All of them. `and` and `or` are in it for their names; the interpreter runs them itself, because they stop early.
const FunctionTable& Functions();

void AddBuiltins(FunctionTable& table);
void AddPrometheusFunctions(FunctionTable& table);
void AddHumanizers(FunctionTable& table);

inline std::unexpected<Error> FunctionError(std::string message) { return Fail(ErrorCode::kInvalid, std::move(message)); }

// float64 of a number, a duration, or a text that reads as one.
Result<double> AsFloat(const Value& value);

// Go's Sprintf and Sprint.
std::string Sprintf(std::string_view format, const Arguments& arguments, std::size_t from);
std::string Sprint(const Arguments& arguments);

std::string EscapeHtml(std::string_view text);
std::string EscapeQuery(std::string_view text);  // Go's url.QueryEscape.

// A sample as templates see it, with the fields Labels and Value.
Value SampleValue(const QueriedSample& sample);

// A method of a time or a duration, or of nothing when the value has none of that name.
const Function* FindMethod(const Value& value, std::string_view name);

}  // namespace tuesday::rules::text
