#include "lib/rules/template.h"

#include <gtest/gtest.h>

#include "tests/lib/rules/template_cases.h"

namespace slod::rules {
namespace {

const Labels labels{{"__name__", "up"},
                    {"code", "500"},
                    {"instance", "db-1:9100"},
                    {"job", "node"},
                    {"share", "0.25"}};

std::string expand(const std::string& text, double value) {
  const auto read = Template::parse(text);
  if (!read) return "error at " + std::to_string(read.error().offset) + ": " + read.error().message;
  return read->expand({labels, value, "https://slod.example.org"});
}

TEST(Template, ExpandsAsPrometheusDoes) {
  for (const TemplateCase& known : template_cases()) {
    EXPECT_EQ(expand(known.text, known.value), known.expected) << known.text;
  }
}

TEST(Template, KnowsWhereSlodIsReached) {
  EXPECT_EQ(expand("{{ $externalURL }}/x {{ .ExternalURL }}", 1),
            "https://slod.example.org/x https://slod.example.org");
}

TEST(Template, TellsInTheTextWhatCannotBeExpanded) {
  EXPECT_EQ(expand("{{ humanize $labels.job }}", 1),
            "<error expanding template: humanize: expected a number, found \"node\">");
  EXPECT_EQ(expand("at {{ $value | humanizeTimestamp }}", 1e10),
            "<error expanding template: humanizeTimestamp: expected a time between the years 1678 "
            "and 2262, found 1e+10>");
}

struct Wrong {
  std::string text;
  std::size_t offset;
  std::string says;  ///< within the message
};

TEST(Template, SaysWhereItCannotFollow) {
  const std::vector<Wrong> all{
      {"ab {{ $value", 12, "expected }} after this, found the end of the text"},
      {"{{", 2, "found the end of the text"},
      {"{{ }}", 3, "found }}"},
      {"{{ if $value }}x{{ end }}", 3, "found if: slod expands no control structures"},
      {"a {{ range query \"up\" }}", 5, "found range: slod expands"},
      {"{{ query \"up\" }}", 3, "found query"},
      {"{{ $foo }}", 3, "expected $value, $labels, $labels.name"},
      {"{{ $labels.a.b }}", 3, "found $labels.a.b"},
      {"{{ $value.x }}", 3, "found $value.x"},
      {"{{ . }}", 3, "found ."},
      {"{{ .Nothing }}", 3, "found .Nothing"},
      {"{{ $x := $value }}", 3, "found $x"},
      {"{{ $labels.a-b }}", 12, "expected a space here, found -b"},
      {"{{ $value $value }}", 10, "expected | or }} after a value, found $value"},
      {"{{ $value | }}", 12, "found }}"},
      {"{{ $value | \"x\" }}", 12, "expected a function after |, found a value"},
      {"{{ humanize }}", 3, "humanize: expected 1 argument, found none"},
      {"{{ humanize $value 2 }}", 3, "humanize: expected 1 argument, found 2"},
      {"{{ $labels | humanize }}", 13, "humanize: expected a number, found all labels"},
      {"{{ toUpper $value }}", 3, "toUpper: expected a text, found a number"},
      {"{{ index $labels }}", 3, "index: expected 2 arguments, found 1"},
      {"{{ index $value \"x\" }}", 3, "index: expected $labels and a label's name in quotes"},
      {"{{ printf }}", 3, "printf: expected a format in quotes"},
      {"{{ printf $labels.x }}", 3, "printf: expected a format in quotes as the first argument"},
      {"{{ printf \"%x\" $value }}", 3, "found %x"},
      {"{{ printf \"%[1]d\" 1 }}", 3, "found %["},
      {"{{ printf \"%*d\" 1 2 }}", 3, "found %*"},
      {"{{ printf \"%2000d\" 1 }}", 3, "found %2000d"},
      {"{{ printf \"50%\" }}", 3, "found %"},
      {"{{ humanize toUpper }}", 12,
       "expected a value, found toUpper: a call as an argument needs"},
      {"{{ (humanize $value }}", 3, "expected a ) for this"},
      {"{{ \"abc }}", 3, ""},
      {"{{ \"a\\y\" }}", 5, ""},
      {"{{ 12abc }}", 3, "expected a number, found 12abc"},
      {"{{ 'x' }}", 3, "found 'x'"},
      {"{{/* never closed }}", 0, "expected a */ for this comment"},
      {"{{/* closed */ $value }}", 14, "expected }} right after a comment"},
      {"{{ true }}", 3, "found true"},
      {std::string("{{ ") + std::string(40, '(') + "1" + std::string(40, ')') + "}}", 35,
       "at most 32 levels"},
  };
  for (const Wrong& wrong : all) {
    const auto read = Template::parse(wrong.text);
    ASSERT_FALSE(read) << wrong.text;
    EXPECT_EQ(read.error().offset, wrong.offset) << wrong.text << ": " << read.error().message;
    EXPECT_NE(read.error().message.find(wrong.says), std::string::npos)
        << wrong.text << ": " << read.error().message;
  }
}

}  // namespace
}  // namespace slod::rules
