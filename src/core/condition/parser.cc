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
    if (precedence == 0 && Now().kind == Token::Kind::kName && (Is("let") || Is("if"))) {
      TRY(NodePtr special, Is("let") ? ParseLet() : ParseIf());
      --depth_;
      return special;
    }
    TRY(NodePtr left, ParseUnary());
    while (true) {
      const int column = Now().column;
      if (precedence == 0 && Take("|")) {
        TRY(left, ParsePipe(left));
        continue;
      }
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

  // `value | f(x)` is `f(value, x)`.
  Result<NodePtr> ParsePipe(const NodePtr& value) {
    const Token name = Now();
    if (name.kind != Token::Kind::kName) return FailAt(name.column, "A function is expected after \"|\".");
    ++at_;
    TRY(NodePtr call, ParseCall(name, {value}));
    return ParsePostfix(std::move(call));
  }

  Result<NodePtr> ParseLet() {
    const int column = Now().column;
    ++at_;
    const Token name = Now();
    if (name.kind != Token::Kind::kName || name.text == "result" || FindBuiltin(name.text) != nullptr)
      return FailAt(name.column, "A new name is expected after \"let\".");
    ++at_;
    TRY_OK(Expect("="));
    TRY(NodePtr value, ParseExpression(0));
    TRY_OK(Expect(";"));
    variables_.push_back(name.text);
    TRY(NodePtr body, ParseExpression(0));
    variables_.pop_back();
    return Make({.kind = Kind::kLet, .column = column, .value = {}, .text = name.text, .children = {value, body}});
  }

  // `if a { b } else { c }` is `a ? b : c`.
  Result<NodePtr> ParseIf() {
    const int column = Now().column;
    ++at_;
    TRY(NodePtr condition, ParseExpression(0));
    TRY_OK(Expect("{"));
    TRY(NodePtr yes, ParseExpression(0));
    TRY_OK(Expect("}"));
    TRY_OK(Expect("else"));
    const bool again = Is("if");
    if (!again) TRY_OK(Expect("{"));
    TRY(NodePtr no, ParseExpression(0));
    if (!again) TRY_OK(Expect("}"));
    return Make({.kind = Kind::kTernary, .column = column, .value = {}, .text = {}, .children = {condition, yes, no}});
  }

  Result<NodePtr> ParseMap(int column) {
    Json::Array keys;
    std::vector<NodePtr> values;
    while (!Is("}")) {
      if (Now().kind != Token::Kind::kName && Now().value.as_string() == nullptr)
        return FailAt(Now().column, "A key is expected here.");
      keys.push_back(Now().kind == Token::Kind::kName ? Json(Now().text) : Now().value);
      ++at_;
      TRY_OK(Expect(":"));
      TRY(NodePtr value, ParseExpression(0));
      values.push_back(std::move(value));
      if (!Take(",")) break;
    }
    TRY_OK(Expect("}"));
    return Make(
        {.kind = Kind::kMap, .column = column, .value = Json(std::move(keys)), .text = {}, .children = std::move(values)});
  }

  // After `#`: the element itself, `#index` or `#acc`.
  NodePtr MakeElement(int column) {
    std::string text;
    const bool adjacent = Now().kind == Token::Kind::kName && Now().column == column + 1;
    if (adjacent && (Now().text == "index" || Now().text == "acc")) text = tokens_[at_++].text;
    return Make({.kind = Kind::kElement, .column = column, .value = {}, .text = std::move(text), .children = {}});
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
    if (Take("{")) return ParseMap(token.column);
    if (closures_ > 0 && Take("#")) return MakeElement(token.column);
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
    if (Is("(")) return ParseCall(token, {});
    if (std::find(variables_.begin(), variables_.end(), token.text) != variables_.end())
      return Make({.kind = Kind::kVariable, .column = token.column, .value = {}, .text = token.text, .children = {}});
    if (token.text == "result")
      return Make({.kind = Kind::kResult, .column = token.column, .value = {}, .text = {}, .children = {}});
    return FailAt(token.column, fmt::format("\"{}\" is not known; the only variable is `result`.", token.text));
  }

  Result<NodePtr> ParseCall(const Token& name, std::vector<NodePtr> arguments) {
    const Builtin* builtin = FindBuiltin(name.text);
    if (builtin == nullptr) {
      std::vector<std::string_view> known;
      for (const Builtin& b : Builtins()) known.push_back(b.name);
      const std::string nearest = NearestWord(name.text, known);
      return FailAt(name.column, fmt::format("There is no function \"{}\".", name.text),
                    nearest.empty() ? "" : fmt::format("Did you mean {}?", nearest));
    }
    TRY_OK(Expect("("));
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
        if (optional && Take("[")) {
          TRY(base, ParseIndex(base, column, true));
          continue;
        }
        if (Now().kind != Token::Kind::kName) return FailAt(Now().column, "A name is expected after the dot.");
        base = Make({.kind = Kind::kMember,
                     .column = column,
                     .value = {},
                     .text = Now().text,
                     .optional = optional,
                     .children = {base}});
        ++at_;
      } else if (Take("[")) {
        TRY(base, ParseIndex(base, column, false));
      } else {
        return base;
      }
    }
  }

  Result<NodePtr> ParseIndex(const NodePtr& base, int column, bool optional) {
    const NodePtr nothing = Make({.kind = Kind::kLiteral, .column = column, .value = {}, .text = {}, .children = {}});
    NodePtr from = nothing;
    if (!Is(":")) {
      TRY(from, ParseExpression(0));
      if (Take("]"))
        return Make(
            {.kind = Kind::kIndex, .column = column, .value = {}, .text = {}, .optional = optional, .children = {base, from}});
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
  std::vector<std::string> variables_;  // Of the `let`s around.
};

}  // namespace

Result<Condition> Condition::Parse(std::string_view text) {
  if (text.size() > kConditionBytesMax) {
    return Fail(ErrorCode::kLimit,
                fmt::format("The condition has {} bytes; the limit is {}.", text.size(), kConditionBytesMax));
  }
  TRY(std::vector<Token> tokens, Tokenize(text));
  TRY(NodePtr root, Parser(std::move(tokens)).Run());
  TRY(const Type type, TypeOf(*root));
  if (type != Type::kBool && type != Type::kAny)
    return FailAt(root->column, "The condition never yields true or false.",
                  "Compare the value, for example `result[0] >= 0.95`.");
  return Condition(std::string(text), std::move(root));
}

}  // namespace tuesday::condition
