// SPDX-License-Identifier: Apache-2.0
#include "core/expression/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "core/expression/lexer.h"
#include "core/expression/value/text.h"

namespace tuesday::expression {
namespace {

const FunctionSignature* FindFunction(const std::vector<FunctionSignature>& functions, std::string_view name) {
  for (const FunctionSignature& function : functions) {
    if (SameText(function.name, name)) return &function;
  }
  return nullptr;
}

bool IsOperand(TokenKind kind) {
  return kind == TokenKind::kLiteral || kind == TokenKind::kPropertyName || kind == TokenKind::kFunction ||
         kind == TokenKind::kNamedValue || kind == TokenKind::kWildcard;
}

bool Opens(TokenKind kind) {
  return kind == TokenKind::kStartGroup || kind == TokenKind::kStartIndex || kind == TokenKind::kStartParameters;
}

bool Closes(TokenKind kind) {
  return kind == TokenKind::kEndGroup || kind == TokenKind::kEndIndex || kind == TokenKind::kEndParameters;
}

NodeKind OperatorKind(std::string_view text) {
  if (text == "!") return NodeKind::kNot;
  if (text == "==") return NodeKind::kEqual;
  if (text == "!=") return NodeKind::kNotEqual;
  if (text == "<") return NodeKind::kLess;
  if (text == "<=") return NodeKind::kLessOrEqual;
  if (text == ">") return NodeKind::kGreater;
  if (text == ">=") return NodeKind::kGreaterOrEqual;
  return text == "&&" ? NodeKind::kAnd : NodeKind::kOr;
}

// Higher binds closer.
int Precedence(const Token& token) {
  switch (token.kind) {
    case TokenKind::kStartGroup: return 20;
    case TokenKind::kStartIndex:
    case TokenKind::kStartParameters:
    case TokenKind::kDereference: return 19;
    case TokenKind::kOperator: break;
    default: return 1;
  }
  switch (OperatorKind(token.text)) {
    case NodeKind::kNot: return 16;
    case NodeKind::kEqual:
    case NodeKind::kNotEqual: return 10;
    case NodeKind::kAnd: return 6;
    case NodeKind::kOr: return 5;
    default: return 11;
  }
}

// Operators wait on one stack, operands on another: no recursion, so that a deep expression costs no stack.
class Parser {
 public:
  Parser(std::string_view expression, const Vocabulary& vocabulary) : text_(expression), vocabulary_(vocabulary) {}

  Outcome<std::optional<Node>> Parse() {
    if (Utf16Length(text_) > kExpressionLengthMax) {
      return Refuse(ProblemKind::kParsing, fmt::format("Exceeded max expression length {}", kExpressionLengthMax));
    }
    Lexer lexer(text_);
    std::optional<Token> last;
    while (std::optional<Token> token = lexer.Next()) {
      TRY_OK(Take(*token, last.has_value() ? std::optional(last->kind) : std::nullopt));
      last = std::move(token);
    }
    if (!last.has_value()) return std::nullopt;
    const bool cut = last->kind == TokenKind::kFunction || (!IsOperand(last->kind) && !Closes(last->kind));
    if (!operators_.empty() && (cut || lexer.HasUnclosed())) {
      return Told(ProblemKind::kParsing, "Unexpected end of expression", *last);
    }
    while (!operators_.empty()) Flush();
    CHECK(operands_.size() == 1, "an expression is one tree");
    if (too_deep_) return Refuse(ProblemKind::kParsing, fmt::format("Exceeded max expression depth {}", kExpressionDepthMax));
    return std::move(operands_.front());
  }

 private:
  static std::unexpected<Problem> Refuse(ProblemKind kind, std::string message, std::size_t offset = 0) {
    return std::unexpected(Problem{kind, std::move(message), offset});
  }

  std::unexpected<Problem> Told(ProblemKind kind, std::string_view what, const Token& token) const {
    return Refuse(kind,
                  fmt::format("{}: '{}'. Located at position {} within expression: {}", what, token.text,
                              Utf16Length(text_.substr(0, token.offset)) + 1, text_),
                  token.offset);
  }

  Outcome<void> Take(const Token& token, std::optional<TokenKind> last) {
    if (token.kind == TokenKind::kUnexpected) {
      return Told(token.malformed ? ProblemKind::kLexing : ProblemKind::kParsing, "Unexpected symbol", token);
    }
    if (IsOperand(token.kind)) return TakeOperand(token);
    return TakeOperator(token, last);
  }

  Outcome<void> TakeOperand(const Token& token) {
    Node node;
    node.offset = token.offset;
    switch (token.kind) {
      case TokenKind::kFunction:
        node.kind = NodeKind::kCall;
        node.name = token.text;
        if (Signature(node.name) == nullptr && vocabulary_.unknown == UnknownNames::kRefused) {
          return Told(ProblemKind::kParsing, "Unrecognized function", token);
        }
        break;
      case TokenKind::kNamedValue: {
        node.kind = NodeKind::kNamedValue;
        node.name = token.text;
        const auto same = [&](const std::string& name) { return SameText(name, token.text); };
        const bool known = std::any_of(vocabulary_.named_values.begin(), vocabulary_.named_values.end(), same);
        if (!known && vocabulary_.unknown == UnknownNames::kRefused) {
          return Told(ProblemKind::kParsing, "Unrecognized named-value", token);
        }
        break;
      }
      case TokenKind::kWildcard: node.kind = NodeKind::kWildcard; break;
      case TokenKind::kPropertyName: node.literal = Value(token.text); break;
      default: node.literal = token.literal;
    }
    operands_.push_back(std::move(node));
    return {};
  }

  Outcome<void> TakeOperator(const Token& token, std::optional<TokenKind> last) {
    const bool waits = token.kind == TokenKind::kStartGroup || token.text == "!";
    while (!waits && !operators_.empty()) {
      const Token& top = operators_.back();
      if (Precedence(token) > Precedence(top) || Opens(top.kind) || top.kind == TokenKind::kSeparator) break;
      Flush();
    }
    switch (token.kind) {
      case TokenKind::kEndGroup: operators_.pop_back(); return {};
      case TokenKind::kEndIndex: Flush(); return {};
      case TokenKind::kEndParameters: return EndCall(last);
      default: operators_.push_back(token); return {};
    }
  }

  // The top operator takes its operands and becomes one itself.
  void Flush() {
    const Token token = std::move(operators_.back());
    operators_.pop_back();
    Node node;
    node.offset = token.offset;
    node.kind = token.kind == TokenKind::kOperator ? OperatorKind(token.text) : NodeKind::kIndex;
    node.dotted = token.kind == TokenKind::kDereference;
    std::vector<Node> parts = PopOperands(node.kind == NodeKind::kNot ? 1 : 2);
    for (Node& part : parts) {
      const bool chain = part.kind == node.kind && (node.kind == NodeKind::kAnd || node.kind == NodeKind::kOr);
      if (chain) {
        node.parts.insert(node.parts.end(), std::make_move_iterator(part.parts.begin()),
                          std::make_move_iterator(part.parts.end()));
      } else {
        node.parts.push_back(std::move(part));
      }
    }
    Measure(node);
    operands_.push_back(std::move(node));
  }

  Outcome<void> EndCall(std::optional<TokenKind> last) {
    std::size_t count = last == TokenKind::kStartParameters ? 0 : 1;
    while (operators_.back().kind == TokenKind::kSeparator) {
      ++count;
      operators_.pop_back();
    }
    std::vector<Node> parts = PopOperands(count);
    const Token start = std::move(operators_.back());
    operators_.pop_back();
    Node& call = operands_.back();
    call.parts = std::move(parts);
    Measure(call);
    const FunctionSignature* signature = Signature(call.name);
    if (signature == nullptr || vocabulary_.parameter_counts == ParameterCounts::kFree) return {};
    if (static_cast<int>(count) < signature->parameters_min) {
      return Told(ProblemKind::kParsing, "Too few parameters supplied", start);
    }
    if (static_cast<int>(count) > signature->parameters_max) {
      return Told(ProblemKind::kParsing, "Too many parameters supplied", start);
    }
    if (SameText(call.name, "case") && count % 2 == 0) {
      return Told(ProblemKind::kParsing, "Even number of parameters supplied, requires an odd number of parameters", start);
    }
    return {};
  }

  std::vector<Node> PopOperands(std::size_t count) {
    CHECK(operands_.size() >= count, "the lexer lets no operator stand without its operands");
    const auto first = operands_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<Node> popped(std::make_move_iterator(first), std::make_move_iterator(operands_.end()));
    operands_.erase(first, operands_.end());
    return popped;
  }

  // What is too deep is cut off below, so that no tree is ever deep enough to hurt when it is walked or destroyed. Parsing goes
  // on, because a problem further to the right is told before the depth.
  void Measure(Node& node) {
    node.height = 1;
    for (const Node& part : node.parts) node.height = std::max(node.height, part.height + 1);
    if (node.height <= kExpressionDepthMax) return;
    too_deep_ = true;
    for (Node& part : node.parts) {
      if (part.kind == NodeKind::kAnd || part.kind == NodeKind::kOr) part.kind = NodeKind::kLiteral;
      part.parts.clear();
      part.height = 1;
    }
    node.height = 2;
  }

  const FunctionSignature* Signature(std::string_view name) const {
    const FunctionSignature* built_in = FindFunction(BuiltInFunctions(), name);
    return built_in != nullptr ? built_in : FindFunction(vocabulary_.functions, name);
  }

  std::string_view text_;
  const Vocabulary& vocabulary_;
  std::vector<Token> operators_;
  std::vector<Node> operands_;
  bool too_deep_ = false;
};

}  // namespace

const std::vector<FunctionSignature>& BuiltInFunctions() {
  static const std::vector<FunctionSignature> kFunctions = {
      {"case", 3, kParametersMax}, {"contains", 2, 2}, {"endsWith", 2, 2},   {"format", 1, kParametersMax},
      {"fromJSON", 1, 1},          {"join", 1, 2},     {"startsWith", 2, 2}, {"toJSON", 1, 1}};
  return kFunctions;
}

Outcome<std::optional<Node>> ParseExpression(std::string_view expression, const Vocabulary& vocabulary) {
  return Parser(expression, vocabulary).Parse();
}

}  // namespace tuesday::expression
