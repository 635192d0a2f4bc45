"""Checks what no compiler does: layering, banned calls, sizes and names. Every finding names what
to use instead. Run as: tidy.py REPOSITORY"""

import pathlib
import re
import sys

LIB = ["text", "json", "hash", "time", "sketch", "exposition", "promql", "series", "query", "slo",
       "freeze", "alert", "rules", "config", "state", "delivery", "engine"]
DAEMON = ["version", "log", "memory", "clock", "files", "process", "net", "access", "tasks", "page",
          "ingest", "store", "jobs", "notify", "api", "commands"]

LINES_MAX = 500
COLUMNS_MAX = 100
# In a document, what may stand beside a word that is too long for a line: a list's marker.
LONG_WORD_REST_MAX = 6
# Of JavaScript; clang-tidy measures C++'s.
FUNCTION_LINES_MAX = 50

# (pattern, folders it is banned in, what to use instead)
BANNED = [
    (r"std::regex|<regex>", ("lib", "daemon", "tests"), "RE2: std::regex overflows the stack"),
    (r"\bLoadAll\w*\(", ("lib", "daemon"), "YAML::Load: LoadAll of yaml-cpp 0.7 eats memory"),
    (r"asio::detached|\bnet::detached", ("lib", "daemon"),
     "a completion that takes the exception: nothing may fail unseen"),
    (r"(system|steady|high_resolution)_clock::now|\btime\(nullptr\)|gettimeofday|clock_gettime",
     ("lib",), "a `now` argument: the core reads no clock"),
    (r"std::random_device|\brand\(\)|\bgetenv\(", ("lib",), "an argument: the core is pure"),
    (r"<fstream>|<filesystem>|<thread>|<mutex>|spdlog|boost/asio|boost/beast|sys/socket",
     ("lib",), "daemon/: the core does no input or output"),
    (r"\bstd::stop_callback|condition_variable_any|(counting|binary)_semaphore",
     ("lib", "daemon", "tests"),
     "a condition_variable and a look at the token: semaphores of libstdc++ 12 may sleep for ever"),
    (r"shared_from_this", ("lib", "daemon"), "an owner in the frame that starts the task"),
    (r"\bdetach\(\)", ("lib", "daemon"), "an owned thread"),
    (r"\b(TODO|FIXME|XXX)\b", ("lib", "daemon", "tests", "benchmarks"), "an issue, or the work"),
    (r"sleep_for|\busleep\(|\bsleep\(", ("lib", "daemon", "tests/lib", "tests/daemon"),
     "a condition to wait for"),
]
# Where a banned call is right, and why.
EXCEPTIONS = {
    # getaddrinfo cannot be interrupted, and joining its thread would wait for it.
    (r"\bdetach\(\)", "daemon/net/resolver.cpp"),
}
BANNED_NAMES = re.compile(r"\b(class|struct)\s+\w*(Manager|Handler|Helper|Util|Utils|Common|Impl)\b")
BEAST = re.compile(r"#include\s*<boost/beast")
SQLITE = re.compile(r"#include\s*<sqlite3")
INCLUDE = re.compile(r'#include\s*"((?:lib|daemon)/([^/"]+)(?:/[^"]*)?)"')


def layer_of(path):
    """Position of a file in the reading order of the house; None outside lib/ and daemon/."""
    parts = path.split("/")
    if len(parts) < 3:
        return None
    if parts[0] == "lib":
        return LIB.index(parts[1]) if parts[1] in LIB else None
    if parts[0] == "daemon":
        return len(LIB) + DAEMON.index(parts[1]) if parts[1] in DAEMON else None
    return None


def check_includes(path, number, line):
    match = INCLUDE.search(line)
    own = layer_of(path)
    if not match or own is None:
        return
    other = layer_of(match.group(1))
    if other is None:
        yield f"{path}:{number}: {match.group(1)} belongs to no folder of the house"
    elif other > own:
        yield f"{path}:{number}: includes {match.group(1)}, which lies below: turn the use around"


def check_file(path, text):
    lines = text.splitlines()
    if len(lines) > LINES_MAX:
        yield f"{path}: {len(lines)} lines, at most {LINES_MAX}: split it by what it is about"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            yield f"{path}:{number}: {len(line)} columns, at most {COLUMNS_MAX}"
        for pattern, folders, instead in BANNED:
            if (pattern, path) in EXCEPTIONS:
                continue
            if path.startswith(tuple(f + "/" for f in folders)) and re.search(pattern, line):
                yield f"{path}:{number}: {re.search(pattern, line).group(0)} is banned; use {instead}"
        if BANNED_NAMES.search(line):
            yield f"{path}:{number}: {BANNED_NAMES.search(line).group(0)}: name what it is"
        if BEAST.search(line) and not path.startswith(("daemon/net/", "tests/")):
            yield f"{path}:{number}: Beast is for daemon/net/ alone; use its plain signatures"
        if SQLITE.search(line) and not path.startswith(("daemon/store/sqlite/", "tests/")):
            yield f"{path}:{number}: SQLite is for daemon/store/sqlite/ alone; use lib/state/database.h"
        yield from check_includes(path, number, line)
    if path.endswith(".js"):
        yield from check_functions(path, lines)


def check_document(path, text):
    """Prose wraps; rows of tables, code and headings cannot, nor can a link or word that is long."""
    in_code = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
            continue
        if in_code or line.startswith(("|", "#", "![")) or len(line) <= COLUMNS_MAX:
            continue
        if len(line) - len(max(line.split(), key=len)) > LONG_WORD_REST_MAX:
            yield f"{path}:{number}: {len(line)} columns of prose, at most {COLUMNS_MAX}: wrap it"


# The formatter ends a function's line with its brace, and indents its end like its beginning.
FUNCTION = re.compile(r"^(\s*)(?!if\b|for\b|while\b|switch\b|catch\b)(?:.*\bfunction\b.*|"
                      r"(?:static |async |get |set )*[\w#]+\([^;]*\)|.*=>) \{$")


def check_functions(path, lines):
    for begin, line in enumerate(lines):
        match = FUNCTION.match(line)
        if not match:
            continue
        end = next((number for number in range(begin + 1, len(lines))
                    if lines[number].startswith(match.group(1) + "}")), begin)
        if end - begin + 1 > FUNCTION_LINES_MAX:
            yield (f"{path}:{begin + 1}: a function of {end - begin + 1} lines, at most "
                   f"{FUNCTION_LINES_MAX}: split it by what it does")


NAMESPACE = re.compile(r"^namespace( [\w:]+)? \{")
TYPE = re.compile(r"^(?:class|struct) (\w+)(?: final)?(?: :[^:].*)? ?\{")


def types_of(text):
    """Names of the types that a file defines at the outermost level, with their namespaces. Those in
    an anonymous namespace are the file's own."""
    namespaces = []
    for line in text.splitlines():
        if match := NAMESPACE.match(line):
            namespaces.append((match.group(1) or "").strip())
        elif line.startswith("}  // namespace") and namespaces:
            namespaces.pop()
        elif (match := TYPE.match(line)) and "" not in namespaces:
            yield "::".join([*namespaces, match.group(1)])


def check_types(texts):
    """The linker takes two types of one name to be one, and says nothing. texts: by path."""
    defined = {}
    for path, text in texts.items():
        for name in types_of(text):
            if defined.setdefault(name, path) != path:
                yield f"{path}: {name} is defined in {defined[name]} too: give it another name"


def check_repository(root):
    sources = [file for folder in ("lib", "daemon") for file in sorted((root / folder).rglob("*"))
               if file.suffix in (".h", ".cpp")]
    yield from check_types({file.relative_to(root).as_posix(): file.read_text()
                            for file in sources})
    for folder in ("lib", "daemon", "tests", "benchmarks"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix in (".h", ".cpp", ".js"):
                yield from check_file(file.relative_to(root).as_posix(), file.read_text())
    for file in [*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md")),
                 *sorted((root / "deploy").rglob("*.md"))]:
        yield from check_document(file.relative_to(root).as_posix(), file.read_text())


def main():
    findings = list(check_repository(pathlib.Path(sys.argv[1])))
    print("\n".join(findings) or "tidy: nothing found")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
