// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <algorithm>
#include <functional>
#include <string_view>

namespace egresswatch::cli {
namespace {

// Commands as a shell sees them: " policy learn" is one, "" the program.
using Visit = std::function<void(const std::string& path, const Command&)>;

void for_each_command(const Command& command, const std::string& path, const Visit& visit) {
  visit(path, command);
  for (const Command& child : command.commands) for_each_command(child, path + ' ' + child.name, visit);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// '...' of any shell, in which a quote is written by `quote`.
std::string quoted(std::string_view text, std::string_view quote) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string(quote) : std::string(1, c);
  return out + '\'';
}

constexpr std::string_view kPosixQuote = R"('\'')";
constexpr std::string_view kFishQuote = R"(\')";

// The patterns of a `case` for everything that satisfies `wanted`: " run -o"|" run --output".
std::string option_patterns(const std::string& path, const CommandOption& option) {
  std::string patterns;
  for (const std::string& name : option.names) {
    if (!patterns.empty()) patterns += '|';
    patterns += '"';
    patterns += path;
    patterns += ' ';
    patterns += name;
    patterns += '"';
  }
  return patterns;
}

std::string command_patterns(const Command& program) {
  std::string patterns;
  for_each_command(program, "", [&](const std::string& path, const Command&) {
    if (path.empty()) return;
    if (!patterns.empty()) patterns += '|';
    patterns += '"' + path + '"';
  });
  return patterns;
}

// What can stand next, without an option's value.
std::vector<std::string> words_of(const Command& command) {
  std::vector<std::string> words;
  for (const Command& child : command.commands) words.push_back(child.name);
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  for (const CommandOption& option : command.options)
    words.insert(words.end(), option.names.begin(), option.names.end());
  return words;
}

// name:help for _describe, where a colon ends the name.
std::string described(const std::string& name, const std::string& help) {
  std::string text = name;
  for (std::size_t at = 0; (at = text.find(':', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return "    " + quoted(text + ':' + help, kPosixQuote) + '\n';
}

void append_fish_option(std::string& script, const std::string& path, const CommandOption& option) {
  script += "complete -c egresswatch -n " + quoted("__egresswatch_at " + quoted(path, ""), kFishQuote);
  for (const std::string& name : option.names) {
    const bool is_long = name.starts_with("--");
    script += (is_long ? " -l " : " -s ") + name.substr(is_long ? 2 : 1);
  }
  if (!option.values.empty())
    script += " -x -a " + quoted(joined(option.values), kFishQuote);
  else if (option.takes_value)
    script += " -r -F";
  script += " -d " + quoted(option.help, kFishQuote) + '\n';
}

}  // namespace

std::string bash_completion(const Command& program) {
  std::string script = R"(# bash completion for egresswatch
_egresswatch() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} path="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${COMP_WORDS[i]}" in
)";
  script += "      " + command_patterns(program) + ") path+=\" ${COMP_WORDS[i]}\" ;;\n    esac\n  done\n";
  script += "  case \"$path $previous\" in\n";
  for_each_command(program, "", [&](const std::string& path, const Command& command) {
    for (const CommandOption& option : command.options) {
      if (!option.takes_value) continue;
      script += "    " + option_patterns(path, option) + ") ";
      if (option.values.empty())
        script += "return ;;\n";  // complete -o default: files
      else
        script += "words=\"" + joined(option.values) + "\" ;;\n";
    }
  });
  script += "    *)\n      case \"$path\" in\n";
  for_each_command(program, "", [&](const std::string& path, const Command& command) {
    script += "        \"" + path + "\") words=\"" + joined(words_of(command)) + "\" ;;\n";
  });
  script += R"(      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _egresswatch egresswatch
)";
  return script;
}

std::string zsh_completion(const Command& program) {
  std::string script = R"(#compdef egresswatch
_egresswatch() {
  local place="" word
  local -a choices
  for word in "${(@)words[2,CURRENT-1]}"; do
    case "$place $word" in
)";
  script += "      " + command_patterns(program) + ") place+=\" $word\" ;;\n    esac\n  done\n";
  script += "  case \"$place ${words[CURRENT-1]}\" in\n";
  for_each_command(program, "", [&](const std::string& path, const Command& command) {
    for (const CommandOption& option : command.options) {
      if (!option.takes_value) continue;
      script += "    " + option_patterns(path, option) + ") ";
      script += (option.values.empty() ? "_files" : "compadd -- " + joined(option.values)) + "; return ;;\n";
    }
  });
  script += "  esac\n  case \"$place\" in\n";
  for_each_command(program, "", [&](const std::string& path, const Command& command) {
    script += "    \"" + path + "\") choices=(\n";
    for (const Command& child : command.commands) script += "  " + described(child.name, child.help);
    for (const std::string& argument : command.arguments) script += "  " + described(argument, "");
    for (const CommandOption& option : command.options)
      for (const std::string& name : option.names) script += "  " + described(name, option.help);
    script += command.takes_any ? "    ); _files ;;\n" : "    ) ;;\n";
  });
  script += R"(  esac
  _describe egresswatch choices
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _egresswatch "$@"; else compdef _egresswatch egresswatch; fi
)";
  return script;
}

std::string fish_completion(const Command& program) {
  std::string script = "# fish completion for egresswatch\nfunction __egresswatch_at\n  set -l place ''\n";
  script += "  for word in (commandline -opc)[2..-1]\n    switch \"$place $word\"\n      case";
  for_each_command(program, "", [&](const std::string& path, const Command&) {
    if (!path.empty()) script += ' ' + quoted(path, kFishQuote);
  });
  script += R"(
        set place "$place $word"
    end
  end
  test "$place" = "$argv[1]"
end
)";
  for_each_command(program, "", [&](const std::string& path, const Command& command) {
    const std::string here = "complete -c egresswatch -n " + quoted("__egresswatch_at " + quoted(path, ""), kFishQuote);
    for (const Command& child : command.commands)
      script += here + " -f -a " + child.name + " -d " + quoted(child.help, kFishQuote) + '\n';
    if (!command.arguments.empty()) script += here + " -f -a " + quoted(joined(command.arguments), kFishQuote) + '\n';
    for (const CommandOption& option : command.options) append_fish_option(script, path, option);
  });
  return script;
}

}  // namespace egresswatch::cli
