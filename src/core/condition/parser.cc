// SPDX-License-Identifier: Apache-2.0
// A precedence parser with expr-lang's table (parser/operator/operator.go, v1.17).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/source.h"
#include "core/condition/condition.h"
#include "core/condition/lexer.h"
#include "core/condition/node.h"

namespace tuesday::condition {
namespace {

using NodePtr = std::shared_ptr<const Node>;
using Kind = Node::Kind;

constexpr std::array<Builtin, 38> kBuiltins = {
    Builtin{"len", 1, 1, false},    Builtin{"all", 2, 2, true},        Builtin{"any", 2, 2, true},
    Builtin{"none", 2, 2, true},    Builtin{"one", 2, 2, true},        Builtin{"filter", 2, 2, true},
    Builtin{"map", 2, 2, true},     Builtin{"count", 1, 2, true},      Builtin{"sum", 1, 2, true},
    Builtin{"find", 2, 2, true},    Builtin{"max", 1, 16, false},      Builtin{"min", 1, 16, false},
    Builtin{"mean", 1, 16, false},  Builtin{"median", 1, 16, false},   Builtin{"abs", 1, 1, false},
    Builtin{"ceil", 1, 1, false},   Builtin{"floor", 1, 1, false},     Builtin{"round", 1, 1, false},
    Builtin{"int", 1, 1, false},    Builtin{"float", 1, 1, false},     Builtin{"string", 1, 1, false},
    Builtin{"first", 1, 1, false},  Builtin{"last", 1, 1, false},      Builtin{"keys", 1, 1, false},
    Builtin{"values", 1, 1, false}, Builtin{"upper", 1, 1, false},     Builtin{"lower", 1, 1, false},
    Builtin{"trim", 1, 1, false},   Builtin{"hasPrefix", 2, 2, false}, Builtin{"hasSuffix", 2, 2, false},
    Builtin{"asInt", 1, 1, false},  Builtin{"asFloat", 1, 1, false},   Builtin{"isNaN", 1, 1, false},
    Builtin{"isInf", 1, 1, false},  Builtin{"isNil", 1, 1, false},     Builtin{"default", 2, 2, false},
    Builtin{"not", 1, 1, false},    Builtin{"type", 1, 1, false},
};

struct BinaryOperator {
  std::string_view text;
  int precedence;
  bool right;
};

constexpr std::array<BinaryOperator, 24> kBinaryOperators = {BinaryOperator{"or", 10, false},
                                                             {"||", 10, false},
                                                             {"and", 15, false},
                                                             {"&&", 15, false},
                                                             {"==", 20, false},
                                                             {"!=", 20, false},
                                                             {"<", 20, false},
                                                             {">", 20, false},
                                                             {"<=", 20, false},
                                                             {">=", 20, false},
                                                             {"in", 20, false},
                                                             {"matches", 20, false},
                                                             {"contains", 20, false},
                                                             {"startsWith", 20, false},
                                                             {"endsWith", 20, false},
                                                             {"..", 25, false},
                                                             {"+", 30, false},
                                                             {"-", 30, false},
                                                             {"*", 60, false},
                                                             {"/", 60, false},
                                                             {"%", 60, false},
                                                             {"**", 100, true},
                                                             {"^", 100, true},
                                                             {"??", 500, false}};

constexpr int kNotPrecedence = 50;
constexpr int kSignPrecedence = 90;

const BinaryOperator* FindBinary(const Token& token) {
  if (token.kind != Token::Kind::kOperator && token.kind != Token::Kind::kName) return nullptr;
  for (const BinaryOperator& candidate : kBinaryOperators) {
    if (candidate.text == token.text) return &candidate;
  }
  return nullptr;
}

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<NodePtr> Run() {
    TRY(NodePtr root, ParseExpression(0));
    if (Now().kind != Token::Kind::kEnd)
      return FailAt(Now().column, fmt::format("\"{}\" is not expected here.", TokenText(Now())));
    return root;
  }

 private:
  const Token& Now() const { return tokens_[at_]; }
  const Token& Next() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }

  static std::string TokenText(const Token& token) {
    if (token.kind == Token::Kind::kEnd) return "the end";
    return token.text.empty() ? CanonicalJson(token.value) : token.text;
  }

  bool Is(std::string_view text) const {
    return (Now().kind == Token::Kind::kOperator || Now().kind == Token::Kind::kName) && Now().text == text;
  }

  bool Take(std::string_view text) {
    if (!Is(text)) return false;
    ++at_;
    return true;
  }

  Result<void> Expect(std::string_view text) {
    if (Take(text)) return {};
    return FailAt(Now().column, fmt::format("\"{}\" is expected before {}.", text, TokenText(Now())));
  }

  static NodePtr Make(Node node) { return std::make_shared<const Node>(std::move(node)); }

  Result<NodePtr> ParseExpression(int precedence) {
    if (++depth_ > kConditionDepthMax)
      return FailAt(Now().column, fmt::format("The condition is nested deeper than {}.", kConditionDepthMax));
    TRY(NodePtr left, ParseUnary());
    while (true) {
      const int column = Now().column;
      const bool negated = Is("not") && FindBinary(Next()) != nullptr && FindBinary(Next())->precedence == 20;
      const BinaryOperator* op = FindBinary(negated ? Next() : Now());
      if (op == nullptr || op->precedence < precedence) break;
      at_ += negated ? 2 : 1;
      TRY(NodePtr right, ParseExpression(op->right ? op->precedence : op->precedence + 1));
      left = Make(
          {.kind = Kind::kBinary, .column = column, .value = {}, .text = std::string(op->text), .children = {left, right}});
      if (negated) left = Make({.kind = Kind::kUnary, .column = column, .value = {}, .text = "not", .children = {left}});
    }
    if (precedence == 0) {
      TRY(left, ParseTernary(left));
    }
    --depth_;
    return left;
  }

  Result<NodePtr> ParseTernary(NodePtr condition) {
    const int column = Now().column;
    if (!Take("?")) return condition;
    TRY(NodePtr yes, ParseExpression(0));
    TRY_OK(Expect(":"));
    TRY(NodePtr no, ParseExpression(0));
    return Make({.kind = Kind::kTernary, .column = column, .value = {}, .text = {}, .children = {condition, yes, no}});
  }

  Result<NodePtr> ParseUnary() {
    const int column = Now().column;
    const bool negation = Is("!") || (Is("not") && !(Next().kind == Token::Kind::kOperator && Next().text == "("));
    if (negation || Is("not")) {
      ++at_;
      TRY(NodePtr operand, ParseExpression(kNotPrecedence));
      return Make({.kind = Kind::kUnary, .column = column, .value = {}, .text = "not", .children = {operand}});
    }
    if (Is("-") || Is("+")) {
      const std::string sign = Now().text;
      ++at_;
      TRY(NodePtr operand, ParseExpression(kSignPrecedence));
      return Make({.kind = Kind::kUnary, .column = column, .value = {}, .text = sign, .children = {operand}});
    }
    TRY(NodePtr primary, ParsePrimary());
    return ParsePostfix(std::move(primary));
  }

  Result<NodePtr> ParsePrimary() {
    const Token token = Now();
    if (token.kind == Token::Kind::kNumber || token.kind == Token::Kind::kString) {
      ++at_;
      return Make({.kind = Kind::kLiteral, .column = token.column, .value = token.value, .text = {}, .children = {}});
    }
    if (Take("(")) {
      TRY(NodePtr inner, ParseExpression(0));
      TRY_OK(Expect(")"));
      return inner;
    }
    if (Take("[")) {
      TRY(std::vector<NodePtr> items, ParseList("]"));
      return Make({.kind = Kind::kArray, .column = token.column, .value = {}, .text = {}, .children = std::move(items)});
    }
    if (closures_ > 0 && Take("#"))
      return Make({.kind = Kind::kElement, .column = token.column, .value = {}, .text = {}, .children = {}});
    if (closures_ > 0 && Is("."))
      return Make({.kind = Kind::kElement, .column = token.column, .value = {}, .text = {}, .children = {}});
    if (token.kind == Token::Kind::kName) return ParseName(token);
    return FailAt(token.column, fmt::format("A value is expected before {}.", TokenText(token)));
  }

  Result<NodePtr> ParseName(const Token& token) {
    ++at_;
    if (token.text == "true" || token.text == "false") {
      return Make(
          {.kind = Kind::kLiteral, .column = token.column, .value = Json(token.text == "true"), .text = {}, .children = {}});
    }
    if (token.text == "nil")
      return Make({.kind = Kind::kLiteral, .column = token.column, .value = {}, .text = {}, .children = {}});
    if (Is("(")) return ParseCall(token);
    if (token.text == "result")
      return Make({.kind = Kind::kResult, .column = token.column, .value = {}, .text = {}, .children = {}});
    return FailAt(token.column, fmt::format("\"{}\" is not known; the only variable is `result`.", token.text));
  }

  Result<NodePtr> ParseCall(const Token& name) {
    const Builtin* builtin = FindBuiltin(name.text);
    if (builtin == nullptr) {
      std::vector<std::string_view> known;
      for (const Builtin& b : kBuiltins) known.push_back(b.name);
      const std::string nearest = NearestWord(name.text, known);
      return FailAt(name.column, fmt::format("There is no function \"{}\".", name.text),
                    nearest.empty() ? "" : fmt::format("Did you mean {}?", nearest));
    }
    TRY_OK(Expect("("));
    std::vector<NodePtr> arguments;
    while (!Is(")")) {
      const bool closure = builtin->closure && arguments.size() == 1;
      TRY(NodePtr argument, closure ? ParseClosure() : ParseExpression(0));
      arguments.push_back(std::move(argument));
      if (!Take(",")) break;
    }
    TRY_OK(Expect(")"));
    const int count = static_cast<int>(arguments.size());
    if (count < builtin->arguments_min || count > builtin->arguments_max) {
      return FailAt(name.column, fmt::format("{}() takes {} argument(s), not {}.", name.text, builtin->arguments_min, count));
    }
    return Make({.kind = Kind::kCall, .column = name.column, .value = {}, .text = name.text, .children = std::move(arguments)});
  }

  Result<NodePtr> ParseClosure() {
    ++closures_;
    const bool braces = Take("{");
    TRY(NodePtr body, ParseExpression(0));
    if (braces) TRY_OK(Expect("}"));
    --closures_;
    return body;
  }

  Result<std::vector<NodePtr>> ParseList(std::string_view close) {
    std::vector<NodePtr> items;
    while (!Is(close)) {
      TRY(NodePtr item, ParseExpression(0));
      items.push_back(std::move(item));
      if (!Take(",")) break;
    }
    TRY_OK(Expect(close));
    return items;
  }

  Result<NodePtr> ParsePostfix(NodePtr base) {
    while (true) {
      const int column = Now().column;
      if (Is(".") || Is("?.")) {
        const bool optional = Is("?.");
        ++at_;
        if (Now().kind != Token::Kind::kName) return FailAt(Now().column, "A name is expected after the dot.");
        base = Make({.kind = Kind::kMember,
                     .column = column,
                     .value = {},
                     .text = Now().text,
                     .optional = optional,
                     .children = {base}});
        ++at_;
      } else if (Take("[")) {
        TRY(base, ParseIndex(base, column));
      } else {
        return base;
      }
    }
  }

  Result<NodePtr> ParseIndex(const NodePtr& base, int column) {
    const NodePtr nothing = Make({.kind = Kind::kLiteral, .column = column, .value = {}, .text = {}, .children = {}});
    NodePtr from = nothing;
    if (!Is(":")) {
      TRY(from, ParseExpression(0));
      if (Take("]")) return Make({.kind = Kind::kIndex, .column = column, .value = {}, .text = {}, .children = {base, from}});
    }
    TRY_OK(Expect(":"));
    NodePtr to = nothing;
    if (!Is("]")) {
      TRY(to, ParseExpression(0));
    }
    TRY_OK(Expect("]"));
    return Make({.kind = Kind::kSlice, .column = column, .value = {}, .text = {}, .children = {base, from, to}});
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int closures_ = 0;
};

// Whether the node can be a bool at all: what it certainly is not decides.
bool MayBeBool(const Node& node) {
  static const std::set<std::string_view> kBoolOperators = {
      "or", "||", "and", "&&", "==", "!=", "<", ">", "<=", ">=", "in", "matches", "contains", "startsWith", "endsWith", "??"};
  static const std::set<std::string_view> kOtherCalls = {
      "len",   "filter", "map",   "count",  "sum",  "max",    "min",   "mean",  "median", "abs",   "ceil",    "floor",
      "round", "int",    "float", "string", "keys", "values", "upper", "lower", "trim",   "asInt", "asFloat", "type"};
  switch (node.kind) {
    case Kind::kLiteral: return node.value.as_bool() != nullptr;
    case Kind::kArray: return false;
    case Kind::kUnary: return node.text == "not";
    case Kind::kBinary: return kBoolOperators.contains(node.text);
    case Kind::kTernary: return MayBeBool(*node.children[1]) || MayBeBool(*node.children[2]);
    case Kind::kCall: return !kOtherCalls.contains(node.text);
    default: return true;
  }
}

}  // namespace

const Builtin* FindBuiltin(std::string_view name) {
  for (const Builtin& builtin : kBuiltins) {
    if (builtin.name == name) return &builtin;
  }
  return nullptr;
}

Result<Condition> Condition::Parse(std::string_view text) {
  if (text.size() > kConditionBytesMax) {
    return Fail(ErrorCode::kLimit,
                fmt::format("The condition has {} bytes; the limit is {}.", text.size(), kConditionBytesMax));
  }
  TRY(std::vector<Token> tokens, Tokenize(text));
  TRY(NodePtr root, Parser(std::move(tokens)).Run());
  if (!MayBeBool(*root))
    return FailAt(root->column, "The condition never yields true or false.",
                  "Compare the value, for example `result[0] >= 0.95`.");
  return Condition(std::string(text), std::move(root));
}

}  // namespace tuesday::condition
