#!/usr/bin/env python3
"""Writes the manual page slod.1 and the completions slod.bash and _slod from what the program says
of itself, so that they know the same commands and options. Usage: manual.py SLOD FOLDER"""

import pathlib
import re
import subprocess
import sys

TEMPLATE = pathlib.Path(__file__).with_name("slod.1.in")
GENERATED = "Written by deploy/manual/manual.py from slod --help; changes here are lost."
FILES = re.compile(r"\b(file|files|directory|configuration)\b", re.I)
WORDS = re.compile(r"[\w-]+(?:, [\w-]+)* or [\w-]+")


class Option:
    """An option or an argument: `names` is empty for the latter."""

    def __init__(self, left, description):
        head, *rest = left.split()
        self.names = head.split(",") if head.startswith("-") else []
        self.argument = "" if self.names else head
        self.takes_value = bool(rest) and bool(self.names)
        self.repeats = "..." in rest
        self.required = "REQUIRED" in rest
        self.description = description
        choices = re.search(r":\{(.*?)\}", left)
        if choices:
            self.choices = choices[1].split(",")
        elif WORDS.fullmatch(description):
            self.choices = re.split(r", | or ", description)
        else:
            self.choices = []

    def names_files(self):
        return not self.choices and bool(FILES.search(self.description + self.argument))

    def placeholder(self):
        if self.choices:
            return "|".join(self.choices)
        first = re.match(r"([A-Z][A-Z:]+)\b", self.description)
        if first:
            return first[1]
        if self.description.startswith("Directory"):
            return "DIRECTORY"
        return "FILE" if self.names_files() else "VALUE"


class Command:
    def __init__(self, name, description, options):
        self.name, self.description, self.options = name, description, options

    def named(self):
        return [option for option in self.options if option.names]

    def arguments(self):
        return [option for option in self.options if not option.names]


def help_of(slod, *command):
    return subprocess.run([slod, *command, "--help"], check=True, text=True, timeout=60,
                          stdout=subprocess.PIPE).stdout


def entries(text, section):
    """(left, description) of each entry below a heading of a help text."""
    found = []
    match = re.search(rf"^{section}:\n((?:[ ].*\n|\n(?=[ ]))*)", text, re.M)
    for line in match[1].splitlines() if match else []:
        left, _, description = line.strip().partition("  ")
        if line.startswith("   "):
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}".strip())
        elif left:
            found.append((left, description.strip()))
    return found


def commands(slod):
    """Every command, and first the program itself, whose name is empty."""
    own = help_of(slod)
    all_commands = [Command("", own.splitlines()[0], options_of(own))]
    for name, description in entries(own, "Subcommands"):
        all_commands.append(Command(name, description, options_of(help_of(slod, name))))
        if name == "runbook":
            for argument in all_commands[-1].arguments():
                argument.choices = runbooks(slod)
    return all_commands


def runbooks(slod):
    """The alerts on slod itself, which have a section each in what `slod runbook` prints."""
    printed = subprocess.run([slod, "runbook"], check=True, text=True, timeout=60,
                             stdout=subprocess.PIPE).stdout
    return re.findall(r"^## (Slod\w+)$", printed, re.M)


def options_of(text):
    return [Option(*entry) for section in ("Positionals", "Options")
            for entry in entries(text, section)]


# The manual page.

def roff(text):
    return re.sub(r"^([.'])", r"\\&\1", text.replace("\\", "\\e").replace("-", "\\-"))


def roff_usage(command):
    words = [f"\\fBslod {roff(command.name)}\\fR"]
    for option in command.arguments() + command.named():
        if "--help" in option.names:
            continue
        name = option.names[-1] if option.names else ""
        word = f"\\fB{roff(name)}\\fR" if name else ""
        if option.takes_value or not name:
            word += f" \\fI{roff(option.argument or option.placeholder())}\\fR"
        if option.repeats:
            word += " ..."
        words.append(word.strip() if option.required else f"[{word.strip()}]")
    return " ".join(words)


def roff_options(command):
    lines = []
    for option in command.options:
        if option.names:
            value = f" \\fI{roff(option.placeholder())}\\fR" if option.takes_value else ""
            term = ", ".join(f"\\fB{roff(name)}\\fR{value}" for name in option.names)
        else:
            term = f"\\fI{roff(option.argument)}\\fR"
        lines += [".TP", term, roff(option.description)]
    return lines


def manual_page(all_commands, version):
    synopsis, texts = [], []
    for command in all_commands[1:]:
        synopsis += [roff_usage(command), ".br"]
        texts += [f".SS slod {roff(command.name)}", roff(command.description) + ".",
                  *roff_options(command)]
    page = "'\\\" t\n" + TEMPLATE.read_text()  # it has a table
    for name, text in (("GENERATED", GENERATED), ("VERSION", version),
                       ("SYNOPSIS", "\n".join(synopsis[:-1])), ("COMMANDS", "\n".join(texts))):
        page = page.replace(f"@{name}@", text)
    return page


# Completions.

def bash_values(option):
    if option.choices:
        return f'COMPREPLY=($(compgen -W "{" ".join(option.choices)}" -- "$word"))'
    if option.names_files():
        return 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$word"))'
    return "COMPREPLY=()"


def bash_completion(all_commands):
    lines = [f"# bash completion for slod. {GENERATED}", "",
             "_slod() {",
             "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}",
             "  local command=${COMP_WORDS[1]}",
             "  if ((COMP_CWORD == 1)); then",
             f'    COMPREPLY=($(compgen -W "{" ".join(names_of_commands(all_commands))} '
             f'{" ".join(names_of_options(all_commands[0]))}" -- "$word"))',
             "    return",
             "  fi",
             "  case $command:$before in"]
    for command in all_commands[1:]:
        for option in command.named():
            if option.takes_value:
                patterns = "|".join(f"{command.name}:{name}" for name in option.names)
                lines.append(f"    {patterns}) {bash_values(option)}; return ;;")
    lines += ["  esac", "  case $command in"]
    for command in all_commands[1:]:
        words = " ".join(names_of_options(command))
        lines.append(f'    {command.name}) COMPREPLY=($(compgen -W "{words}" -- "$word")) ;;')
    lines += ["  esac", "  [[ $word != -* ]] || return", "  case $command in"]
    for command in all_commands[1:]:
        lines += [f"    {command.name}) {bash_values(argument)} ;;"
                  for argument in command.arguments() if argument.choices]
    takers = [c.name for c in all_commands if any(o.names_files() for o in c.arguments())]
    lines += ["  esac",
              f"  if [[ {' || '.join(f'$command == {n}' for n in takers)} ]]; then",
              '    compopt -o filenames; COMPREPLY=($(compgen -f -- "$word"))',
              "  fi",
              "}",
              "complete -F _slod slod", ""]
    return "\n".join(lines)


def names_of_commands(all_commands):
    return [command.name for command in all_commands[1:]]


def names_of_options(command):
    return [name for option in command.named() for name in option.names]


def zsh_quoted(text):
    return text.replace("'", "'\\''").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def zsh_values(option):
    if option.choices:
        return f":({' '.join(option.choices)})"
    return ":_files" if option.names_files() else ":"


def zsh_specs(command):
    for option in command.named():
        others = "" if option.repeats else f"({' '.join(option.names)})"
        for name in option.names:
            value = f":{option.placeholder().split('|')[0].lower().replace(':', ' ')}" \
                    f"{zsh_values(option)}" if option.takes_value else ""
            many = "*" if option.repeats else ""
            yield f"'{others}{many}{name}[{zsh_quoted(option.description)}]{value}'"
    for option in command.arguments():
        many = "*" if option.repeats else ""
        yield f"'{many}:{option.argument.lower()}{zsh_values(option)}'"


def zsh_completion(all_commands):
    lines = ["#compdef slod", f"# {GENERATED}", "",
             "local -a commands", "commands=("]
    lines += [f"  '{c.name}:{zsh_quoted(c.description)}'" for c in all_commands[1:]]
    lines += [")", "if ((CURRENT == 2)); then",
              "  _describe command commands",
              f"  _arguments {' '.join(zsh_specs(all_commands[0]))}",
              "  return",
              "fi",
              "local command=$words[2]",
              "shift words; ((CURRENT--))",
              "case $command in"]
    for command in all_commands[1:]:
        specs = " \\\n      ".join(zsh_specs(command))
        lines += [f"  {command.name})", f"    _arguments {specs}", "    ;;"]
    return "\n".join(lines + ["esac", ""])


def main(slod, folder):
    version = subprocess.run([slod, "version"], check=True, text=True, timeout=60,
                             stdout=subprocess.PIPE).stdout.split()[1]
    all_commands = commands(slod)
    if len(all_commands) == 1:
        sys.exit(f"manual.py: expected commands in `{slod} --help`, found none")
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "slod.1").write_text(manual_page(all_commands, version))
    (folder / "slod.bash").write_text(bash_completion(all_commands))
    (folder / "_slod").write_text(zsh_completion(all_commands))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
