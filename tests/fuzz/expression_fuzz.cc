// SPDX-License-Identifier: Apache-2.0
// Any text may be given as an expression; what parses is evaluated against a host that knows every name, and prints to
// something that parses to the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/expression/eval/evaluate.h"
#include "core/expression/parser.h"
#include "core/expression/value/json.h"

namespace {

using namespace tuesday::expression;

class Anything : public Host {
 public:
  Value NamedValue(std::string_view) const override { return context_; }
  tuesday::expression::Outcome<Value> Call(std::string_view, const std::vector<Value>&) const override { return context_; }

 private:
  Value context_ = Value::Object({{"a", Value::Array({Value(1), Value("x")})}});
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const Vocabulary any{.named_values = {}, .functions = {}, .unknown = UnknownNames::kAllowed};
  (void)ReadJson(text);
  const auto node = ParseExpression(text, any);
  if (!node.has_value() || !node->has_value()) return 0;
  (void)Evaluate(**node, Anything());
  const std::string printed = PrintExpression(**node);
  const auto again = ParseExpression(printed, any);
  if (!again.has_value()) {
    // Only the limits may refuse what was printed: a literal's text can be longer than what it was read from.
    if (again.error().message.find("Exceeded") == std::string::npos && again.error().message.find("NaN") == std::string::npos)
      std::abort();
    return 0;
  }
  if (PrintExpression(**again) != printed) std::abort();
  return 0;
}
