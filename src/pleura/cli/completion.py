"""Print what makes a shell complete verbs and options; other words are completed as file names.

bash:  pleura completion bash > ~/.local/share/bash-completion/completions/pleura
zsh:   pleura completion zsh > ~/.pleura-completion.zsh, and `source` it in ~/.zshrc
fish:  pleura completion fish > ~/.config/fish/completions/pleura.fish
"""

from __future__ import annotations

from argparse import Action, ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass

from pleura.cli.console import say
from pleura.cli.parser import VERBS, verb_parser

_BASH = """_pleura() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} words=
    case $COMP_CWORD:${{COMP_WORDS[1]}}:$previous:$current in
        1:*) words="{verbs}" ;;
{cases}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o bashdefault -o default -F _pleura pleura
"""
_ZSH = """(( $+functions[compdef] )) || { autoload -U compinit && compinit }
autoload -U bashcompinit && bashcompinit
"""


@dataclass(frozen=True)
class Options:
    """What `pleura completion` is asked for; the field is its argument."""

    shell: str


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="which shell")


def run(options: Options) -> int:
    """Print the script for one shell."""
    script = {"bash": _bash, "zsh": _zsh, "fish": _fish}[options.shell]
    for line in script().splitlines():
        say(line)
    return 0


def _arguments() -> Iterator[tuple[str, list[Action]]]:
    """Give each verb with its arguments."""
    for verb in VERBS:
        yield verb, verb_parser(verb)._actions


def _bash() -> str:
    cases = [
        f"        {pattern}) {words} ;;" for verb, actions in _arguments() for pattern, words in _cases(verb, actions)
    ]
    return _BASH.format(verbs=" ".join((*VERBS, "help", "version")), cases="\n".join(cases))


def _cases(verb: str, actions: list[Action]) -> Iterator[tuple[str, str]]:
    """Give what stands before the cursor, as a pattern, with what may follow: values of an option, then options."""
    for action in actions:
        if action.choices and action.option_strings:
            before = "|".join(f"*:{verb}:{option}:*" for option in action.option_strings)
            yield before, f'words="{_words(action)}"'
    yield f"*:{verb}:*:-*", f'words="{" ".join(option for action in actions for option in action.option_strings)}"'
    for action in actions:
        if action.choices and not action.option_strings:
            yield f"*:{verb}:*", f'words="{_words(action)}"'


def _words(action: Action) -> str:
    return " ".join(str(choice) for choice in action.choices or ())


def _zsh() -> str:
    """Return the script of bash, which zsh runs by a module of its own."""
    return _ZSH + _bash()


def _fish() -> str:
    lines = [
        f"complete -c pleura -n __fish_use_subcommand -f -a {verb} -d {_quoted(says)}" for verb, says in VERBS.items()
    ]
    for verb, actions in _arguments():
        lines += [
            f"complete -c pleura -n '__fish_seen_subcommand_from {verb}'{_fish_words(one)}"
            for one in actions
            if one.option_strings or one.choices
        ]
    return "\n".join(lines) + "\n"


def _fish_words(action: Action) -> str:
    """Return the part of a line of fish that describes one argument."""
    names = "".join(
        f" -l {option[2:]}" if option.startswith("--") else f" -s {option[1:]}" for option in action.option_strings
    )
    values = f" -x -a {_quoted(_words(action))}" if action.choices else " -r" if names and action.nargs != 0 else ""
    return f"{names}{values} -d {_quoted(action.help or '')}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
