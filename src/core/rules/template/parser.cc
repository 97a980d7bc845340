// SPDX-License-Identifier: Apache-2.0
#include "core/rules/template/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "core/rules/template/lexer.h"
#include "core/rules/template/literal.h"
#include "core/rules/template/value.h"

namespace tuesday::rules::text {
namespace {

const std::set<std::string_view> kKeywords = {"block", "break", "continue", "define",   "else", "end",
                                              "if",    "range", "nil",      "template", "with"};

// What ended a list of nodes.
enum class Ending { kText, kEnd, kElse };

class Parser {
 public:
  Parser(std::string_view name, const std::function<bool(std::string_view)>& is_function, std::vector<Token> tokens)
      : name_(name), is_function_(is_function), tokens_(std::move(tokens)) {}

  Result<Template> Run(std::string_view text) {
    Ending ending = Ending::kText;
    TRY(result_.root, List(ending));
    if (ending != Ending::kText) return Unexpected(ending == Ending::kEnd ? "{{end}}" : "{{else}}", "input");
    result_.text = text;
    return std::move(result_);
  }

 private:
  std::unexpected<Error> Bad(const std::string& message) const {
    return Fail(ErrorCode::kInvalid, fmt::format("template: {}:{}: {}", name_, line_, message));
  }
  std::unexpected<Error> Unexpected(std::string_view what, std::string_view context) const {
    return Bad(fmt::format("unexpected {} in {}", what, context));
  }
  std::unexpected<Error> UnexpectedToken(const Token& token, std::string_view context) const {
    if (token.kind == TokenKind::kEnd) return Unexpected("EOF", context);
    if (kKeywords.contains(token.text)) return Unexpected("<" + token.text + ">", context);
    return Unexpected(Quote(token.text), context);
  }

  const Token& Peek() const { return tokens_[next_]; }
  const Token& Take() {
    line_ = tokens_[next_].line;
    return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_];
  }
  void SkipSpaces() {
    while (Peek().kind == TokenKind::kSpace) Take();
  }
  const Token& PeekNonSpace() {
    SkipSpaces();
    return Peek();
  }

  static NodePtr New(NodeKind kind, std::size_t at) {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->at = at;
    return node;
  }

  // Nodes up to {{end}}, {{else}} or the end of the text. After {{else}} the rest of its action is still to be read.
  Result<NodePtr> List(Ending& ending) {
    if (++depth_ > kTemplateDepthMax) return Bad(fmt::format("the template is nested deeper than {}", kTemplateDepthMax));
    NodePtr list = New(NodeKind::kList, Peek().at);
    ending = Ending::kText;
    while (Peek().kind != TokenKind::kEnd) {
      if (Peek().kind == TokenKind::kText) {
        NodePtr text = New(NodeKind::kText, Peek().at);
        text->word = Take().text;
        list->parts.push_back(std::move(text));
        continue;
      }
      Take();  // The left delimiter: nothing else can stand here.
      const std::string word = PeekNonSpace().kind == TokenKind::kIdentifier ? Peek().text : "";
      if (word == "end" || word == "else") {
        Take();
        if (word == "end") TRY_OK(Right("end"));
        ending = word == "end" ? Ending::kEnd : Ending::kElse;
        break;
      }
      TRY(NodePtr node, Action(word));
      if (node != nullptr) list->parts.push_back(std::move(node));
    }
    --depth_;
    return list;
  }

  Result<void> Right(std::string_view context) {
    SkipSpaces();
    const Token& token = Take();
    if (token.kind != TokenKind::kRight) return UnexpectedToken(token, context);
    return {};
  }

  Result<NodePtr> Action(const std::string& word) {
    const std::size_t at = Peek().at;
    if (word == "if") return Take(), Control(NodeKind::kIf, word, at);
    if (word == "range") return Take(), Control(NodeKind::kRange, word, at);
    if (word == "with") return Take(), Control(NodeKind::kWith, word, at);
    if (word == "define") return Take(), Define();
    if (word == "block") return Take(), Block(at);
    if (word == "template") return Take(), Call(at);
    if (word == "break" || word == "continue") {
      Take();
      TRY_OK(Right(word));
      if (range_depth_ == 0) return Bad(fmt::format("{{{{{}}}}} outside {{{{range}}}}", word));
      return New(word == "break" ? NodeKind::kBreak : NodeKind::kContinue, at);
    }
    NodePtr action = New(NodeKind::kAction, at);
    TRY(NodePtr pipe, Pipe("command", TokenKind::kRight));
    action->parts.push_back(std::move(pipe));
    return action;
  }

  // {{if}}, {{range}} and {{with}} with their {{else}}.
  Result<NodePtr> Control(NodeKind kind, const std::string& word, std::size_t at) {
    const std::size_t variables = variables_.size();
    NodePtr node = New(kind, at);
    TRY(NodePtr pipe, Pipe(word, TokenKind::kRight));
    node->parts.push_back(std::move(pipe));
    range_depth_ += kind == NodeKind::kRange ? 1 : 0;
    Ending ending = Ending::kText;
    TRY(NodePtr body, List(ending));
    range_depth_ -= kind == NodeKind::kRange ? 1 : 0;
    node->parts.push_back(std::move(body));
    NodePtr otherwise;
    if (ending == Ending::kElse) {
      TRY(otherwise, Else(kind, word, ending));
    }
    if (ending == Ending::kText) return Bad("unexpected EOF");
    node->parts.push_back(std::move(otherwise));
    variables_.resize(variables);
    return node;
  }

  Result<NodePtr> Else(NodeKind kind, const std::string& word, Ending& ending) {
    const bool chains = (kind == NodeKind::kIf || kind == NodeKind::kWith) && PeekNonSpace().text == word;
    if (chains) {
      const std::size_t at = Take().at;
      NodePtr list = New(NodeKind::kList, at);
      TRY(NodePtr inner, Control(kind, word, at));
      list->parts.push_back(std::move(inner));
      ending = Ending::kEnd;
      return list;
    }
    TRY_OK(Right("else"));
    TRY(NodePtr list, List(ending));
    if (ending == Ending::kElse) return Bad("expected end; found {{else}}");
    return list;
  }

  Result<std::string> TemplateName(std::string_view context) {
    SkipSpaces();
    const Token& token = Take();
    if (token.kind != TokenKind::kString && token.kind != TokenKind::kRawString) return UnexpectedToken(token, context);
    if (token.kind == TokenKind::kRawString) return token.text.substr(1, token.text.size() - 2);
    const std::optional<std::string> name = Unquote(token.text);
    if (!name) return Bad("invalid syntax");
    return *name;
  }

  // A body with a set of variables of its own: only `$` is known in it.
  Result<void> Body(const std::string& name) {
    std::vector<std::string> outside = std::move(variables_);
    variables_ = {"$"};
    Ending ending = Ending::kText;
    TRY(NodePtr body, List(ending));
    if (ending != Ending::kEnd) return Unexpected(ending == Ending::kElse ? "{{else}}" : "EOF", "define clause");
    variables_ = std::move(outside);
    result_.defined.insert_or_assign(name, std::move(body));
    return {};
  }

  Result<NodePtr> Define() {
    if (depth_ > 1) return Unexpected("<define>", "command");
    TRY(const std::string name, TemplateName("define clause"));
    TRY_OK(Right("define clause"));
    TRY_OK(Body(name));
    return NodePtr();
  }

  Result<NodePtr> Block(std::size_t at) {
    NodePtr node = New(NodeKind::kTemplate, at);
    TRY(node->word, TemplateName("block clause"));
    TRY(NodePtr pipe, Pipe("block clause", TokenKind::kRight));
    node->parts.push_back(std::move(pipe));
    TRY_OK(Body(node->word));
    return node;
  }

  Result<NodePtr> Call(std::size_t at) {
    NodePtr node = New(NodeKind::kTemplate, at);
    TRY(node->word, TemplateName("template clause"));
    if (PeekNonSpace().kind == TokenKind::kRight) {
      Take();
      return node;
    }
    TRY(NodePtr pipe, Pipe("template clause", TokenKind::kRight));
    node->parts.push_back(std::move(pipe));
    return node;
  }

  // Variables before := or =. `range` may have two.
  Result<void> Declarations(Node& pipe, std::string_view context) {
    while (PeekNonSpace().kind == TokenKind::kVariable) {
      const std::size_t start = next_;
      const Token variable = Take();
      const TokenKind after = PeekNonSpace().kind;
      const bool second = context == "range" && Peek().text == "," && pipe.names.size() < 2;
      if (after != TokenKind::kDeclare && after != TokenKind::kAssign && !second) {
        if (!pipe.names.empty()) return Bad("range can only initialize variables");
        next_ = start;
        return {};
      }
      Take();
      pipe.assigns = after == TokenKind::kAssign;
      pipe.names.push_back(variable.text);
      if (pipe.assigns && std::ranges::find(variables_, variable.text) == variables_.end()) {
        return Bad(fmt::format("undefined variable {}", Quote(variable.text)));
      }
      if (after == TokenKind::kDeclare) {
        for (const std::string& name : pipe.names) variables_.push_back(name);
      }
      if (!second) return {};
    }
    return {};
  }

  Result<NodePtr> Pipe(std::string_view context, TokenKind end) {
    SkipSpaces();
    line_ = Peek().line;
    NodePtr pipe = New(NodeKind::kPipe, Peek().at);
    TRY_OK(Declarations(*pipe, context));
    while (true) {
      const Token& token = PeekNonSpace();
      if (token.kind == end) {
        Take();
        break;
      }
      TRY(NodePtr command, Command());
      if (!pipe->parts.empty() && !Callable(*command->parts[0])) {
        return Bad(fmt::format("non executable command in pipeline stage {}", pipe->parts.size() + 1));
      }
      pipe->parts.push_back(std::move(command));
    }
    if (pipe->parts.empty()) return Bad(fmt::format("missing value for {}", context));
    return pipe;
  }

  static bool Callable(const Node& node) {
    return node.kind != NodeKind::kBool && node.kind != NodeKind::kDot && node.kind != NodeKind::kNil &&
           node.kind != NodeKind::kNumber && node.kind != NodeKind::kString;
  }

  // Operands up to a pipe (which it eats) or the end of the pipeline (which it leaves).
  Result<NodePtr> Command() {
    NodePtr command = New(NodeKind::kCommand, PeekNonSpace().at);
    while (true) {
      SkipSpaces();
      TRY(NodePtr operand, Operand());
      if (operand != nullptr) command->parts.push_back(std::move(operand));
      const Token& token = Peek();
      if (token.kind == TokenKind::kSpace) continue;
      if (token.kind == TokenKind::kPipe) {
        Take();
        break;
      }
      if (token.kind == TokenKind::kRight || token.kind == TokenKind::kClose) break;
      return UnexpectedToken(Take(), "operand");
    }
    if (command->parts.empty()) return Bad("empty command");
    return command;
  }

  // One term and the fields behind it; null when none stands here.
  Result<NodePtr> Operand() {
    TRY(NodePtr node, Term());
    if (node == nullptr || Peek().kind != TokenKind::kField) return node;
    std::vector<std::string> fields;
    while (Peek().kind == TokenKind::kField) fields.push_back(Take().text.substr(1));
    if (node->kind == NodeKind::kField || node->kind == NodeKind::kVariable) {
      node->names.insert(node->names.end(), fields.begin(), fields.end());
      return node;
    }
    if (!Callable(*node)) return Bad(fmt::format("unexpected . after term {}", Quote(NodeText(*node))));
    NodePtr chain = New(NodeKind::kChain, node->at);
    chain->names = std::move(fields);
    chain->parts.push_back(std::move(node));
    return chain;
  }

  Result<NodePtr> Term() {
    const Token token = Peek();
    switch (token.kind) {
      case TokenKind::kIdentifier: return Take(), Word(token);
      case TokenKind::kDot: return Take(), New(NodeKind::kDot, token.at);
      case TokenKind::kField: {
        NodePtr node = New(NodeKind::kField, token.at);
        node->names.push_back(Take().text.substr(1));
        return node;
      }
      case TokenKind::kVariable: {
        Take();
        if (std::ranges::find(variables_, token.text) == variables_.end()) {
          return Bad(fmt::format("undefined variable {}", Quote(token.text)));
        }
        NodePtr node = New(NodeKind::kVariable, token.at);
        node->names.push_back(token.text);
        return node;
      }
      case TokenKind::kOpen: {
        Take();
        if (++depth_ > kTemplateDepthMax) return Bad(fmt::format("the template is nested deeper than {}", kTemplateDepthMax));
        TRY(NodePtr pipe, Pipe("parenthesized pipeline", TokenKind::kClose));
        --depth_;
        return pipe;
      }
      case TokenKind::kNumber:
      case TokenKind::kChar: {
        Take();
        NodePtr node = New(NodeKind::kNumber, token.at);
        node->source = token.text;
        if (!ReadNumber(token.text, *node)) return Bad(fmt::format("bad number syntax: {}", Quote(token.text)));
        return node;
      }
      case TokenKind::kString:
      case TokenKind::kRawString: {
        Take();
        NodePtr node = New(NodeKind::kString, token.at);
        node->source = token.text;
        const std::optional<std::string> value =
            token.kind == TokenKind::kString ? Unquote(token.text) : std::optional(token.text.substr(1, token.text.size() - 2));
        if (!value) return Bad("invalid syntax");
        node->word = *value;
        return node;
      }
      default: return NodePtr();
    }
  }

  Result<NodePtr> Word(const Token& token) {
    if (token.text == "true" || token.text == "false") {
      NodePtr node = New(NodeKind::kBool, token.at);
      node->boolean = token.text == "true";
      return node;
    }
    if (token.text == "nil") return New(NodeKind::kNil, token.at);
    if (kKeywords.contains(token.text)) return UnexpectedToken(token, "operand");
    if (!is_function_(token.text)) return Bad(fmt::format("function {} not defined", Quote(token.text)));
    NodePtr node = New(NodeKind::kIdentifier, token.at);
    node->word = token.text;
    return node;
  }

  std::string_view name_;
  const std::function<bool(std::string_view)>& is_function_;
  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  int line_ = 1;
  int depth_ = 0;
  int range_depth_ = 0;
  std::vector<std::string> variables_ = {"$"};
  Template result_;
};

std::string Joined(const Node& node, std::string_view between) {
  std::string text;
  for (const NodePtr& part : node.parts) {
    if (!text.empty()) text += between;
    text += part->kind == NodeKind::kPipe ? "(" + NodeText(*part) + ")" : NodeText(*part);
  }
  return text;
}

}  // namespace

std::string NodeText(const Node& node) {
  switch (node.kind) {
    case NodeKind::kDot: return ".";
    case NodeKind::kNil: return "nil";
    case NodeKind::kBool: return node.boolean ? "true" : "false";
    case NodeKind::kNumber:
    case NodeKind::kString: return node.source;
    case NodeKind::kIdentifier: return node.word;
    case NodeKind::kField:
    case NodeKind::kVariable:
    case NodeKind::kChain: {
      std::string text = node.kind == NodeKind::kChain ? Joined(node, "") : "";
      for (const std::string& name : node.names) text += name.starts_with('$') ? name : "." + name;
      return text;
    }
    case NodeKind::kCommand: return Joined(node, " ");
    case NodeKind::kPipe: {
      std::string text;
      for (const std::string& name : node.names) text += (text.empty() ? "" : ", ") + name;
      if (!text.empty()) text += node.assigns ? " = " : " := ";
      return text + Joined(node, " | ");
    }
    case NodeKind::kTemplate: return "{{template " + Quote(node.word) + "}}";
    case NodeKind::kText: return node.word;
    case NodeKind::kBreak: return "{{break}}";
    case NodeKind::kContinue: return "{{continue}}";
    default: return node.parts.empty() || node.parts[0] == nullptr ? "" : NodeText(*node.parts[0]);
  }
}

Result<Template> ParseTemplate(std::string_view text, std::string_view name,
                               const std::function<bool(std::string_view)>& is_function) {
  Result<std::vector<Token>> tokens = Lex(text);
  if (!tokens) return Fail(tokens.error().code, fmt::format("template: {}:{}", name, tokens.error().message));
  return Parser(name, is_function, std::move(*tokens)).Run(text);
}

}  // namespace tuesday::rules::text
