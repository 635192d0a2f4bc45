"""The tidy check finds what it looks for, and nothing else."""

import unittest

from tidy import check_document, check_file, check_types


def findings(path, text):
    return list(check_file(path, text))


class Tidy(unittest.TestCase):
    def test_a_use_from_below_is_found(self):
        self.assertEqual(len(findings("lib/slo/a.cpp", '#include "lib/engine/engine.h"\n')), 1)
        self.assertEqual(len(findings("lib/slo/a.cpp", '#include "daemon/net/client.h"\n')), 1)
        self.assertEqual(findings("lib/engine/a.cpp", '#include "lib/slo/ledger.h"\n'), [])
        self.assertEqual(findings("daemon/api/a.cpp", '#include "lib/slo/ledger.h"\n'), [])

    def test_banned_calls_are_found_where_they_are_banned(self):
        for path, line in [
            ("lib/slo/a.cpp", "auto now = std::chrono::system_clock::now();"),
            ("lib/slo/a.cpp", "#include <fstream>"),
            ("lib/config/a.cpp", "YAML::LoadAll(text);"),
            ("daemon/net/a.cpp", "co_spawn(loop, run(), asio::detached);"),
            ("tests/lib/slo/a.cpp", "std::this_thread::sleep_for(1s);"),
            ("daemon/net/a.cpp", "std::stop_callback<F> call(token, f);"),
            ("daemon/api/a.cpp", "std::regex re;"),
            ("daemon/net/a.cpp", "thread.detach();"),
            ("daemon/api/a.cpp", "#include <boost/beast/http.hpp>"),
            ("daemon/store/a.cpp", "#include <sqlite3.h>"),
            ("lib/slo/a.h", "class LedgerManager {"),
        ]:
            self.assertEqual(len(findings(path, line + "\n")), 1, line)
        self.assertEqual(findings("daemon/app.cpp", "std::chrono::system_clock::now();\n"), [])

    def test_what_is_banned_has_named_exceptions(self):
        self.assertEqual(findings("daemon/net/resolver.cpp", "thread.detach();\n"), [])

    def test_sizes_are_bounded(self):
        self.assertEqual(len(findings("lib/slo/a.cpp", "\n" * 501)), 1)
        self.assertEqual(len(findings("lib/slo/a.cpp", "x" * 101 + "\n")), 1)

    def test_javascript_has_the_same_sizes(self):
        for begin in ("export function show(items) {", "  async refresh(arrived) {",
                      "const draw = (graph) => {", "    on: {click: () => {"):
            indent = begin[:len(begin) - len(begin.lstrip())]
            for lines, found in ((48, 0), (49, 1)):
                text = "\n".join([begin, *["" for _ in range(lines)], indent + "}"])
                self.assertEqual(len(findings("daemon/page/files/a.js", text)), found, begin)
        self.assertEqual(findings("daemon/page/files/a.js", "if (is_long) {\n" + "\n" * 60 + "}"), [])

    def test_two_types_of_one_name_are_found(self):
        table = "namespace slod {\nclass Table {\n};\n}  // namespace slod\n"
        own = ("namespace slod {\nnamespace {\nclass Table final : public Base {\n};\n"
               "}  // namespace\n}  // namespace slod\n")
        other = table.replace("namespace slod", "namespace slod::log")
        self.assertEqual(len(list(check_types({"lib/a.h": table, "daemon/b.h": table}))), 1)
        self.assertEqual(list(check_types({"lib/a.h": table, "lib/b.cpp": own, "lib/c.h": other})), [])

    def test_prose_wraps_where_it_can(self):
        def found(text):
            return len(list(check_document("docs/a.md", text)))

        words = "word " * 20 + "end"
        for line in (words, "- " + words, "[a link](" + "x" * 90 + ") and words"):
            self.assertEqual(found(f"# A page\n\n{line}\n"), 1, line)
        for text in (words[:100], "# " + words, f"| {words} |", f"```\n{words}\n```",
                     f"- a list\n  ```sh\n  {words}\n  ```", f"![{words}](page.png)",
                     "- [a](" + "x" * 120 + "),", "x" * 120):
            self.assertEqual(found(text + "\n"), 0, text)
        self.assertEqual(found(f"```\n{words}\n```\n{words}\n"), 1)


if __name__ == "__main__":
    unittest.main()
