#pragma once

#include <limits>
#include <string>
#include <vector>

namespace slod::rules {

/// A template, the value it speaks of, and what Prometheus makes of it. The labels are those of
/// template_labels.
struct TemplateCase {
  std::string text;
  double value = 0;
  std::string expected;
};

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// `up{code="500",instance="db-1:9100",job="node",share="0.25"}`.
inline std::vector<TemplateCase> template_cases() {
  return {
      {"plain", 1, "plain"},
      {"a }} b", 1, "a }} b"},
      {"{{ $value }}", 1, "1"},
      {"{{$value}}", 0.5, "0.5"},
      {"{{ .Value }}", 1e6, "1e+06"},
      {"{{ $value }}", 123456, "123456"},
      {"{{ $value }}", 1234567, "1.234567e+06"},
      {"{{ $value }}", 1e-5, "1e-05"},
      {"{{ $value }}", 0.0001, "0.0001"},
      {"{{ $value }}", -0.0, "-0"},
      {"{{ $value }}", infinity, "+Inf"},
      {"{{ $value }}", -infinity, "-Inf"},
      {"{{ $value }}", no_number, "NaN"},
      {"{{ $labels.job }} on {{ $labels.instance }}", 1, "node on db-1:9100"},
      {"{{ .Labels.job }}/{{ $.Labels.code }}", 1, "node/500"},
      {"[{{ $labels.missing }}]", 1, "[]"},
      {"{{ index $labels \"job\" }}{{ index $labels \"missing\" }}", 1, "node"},
      {"{{ index .Labels `code` }}", 1, "500"},
      {"{{ $labels.__name__ }}", 1, "up"},
      {"[{{ $externalLabels.cluster }}]", 1, "[]"},
      {"{{ $labels }}", 1, "map[__name__:up code:500 instance:db-1:9100 job:node share:0.25]"},
      // Constants.
      {"{{ \"{{ $value }}\" }}", 1, "{{ $value }}"},
      {"{{ `back}}tick` }}", 1, "back}}tick"},
      {"{{ \"a\\tb\\u00e9\" }}", 1, "a\tb\u00e9"},
      {"{{ 5 }} {{ -7 }} {{ 2.50 }} {{ 1e7 }}", 1, "5 -7 2.5 1e+07"},
      // Trim markers and comments.
      {"a  {{- $value -}}  b", 1, "a1b"},
      {"a \n {{- $value }} b", 1, "a1 b"},
      {"a {{ $value -}} \n\t b", 1, "a 1b"},
      {"a {{-3 }} b", 1, "a -3 b"},
      {"a{{/* a comment }} */}}b", 1, "ab"},
      {"a {{- /* a comment */ -}} b", 1, "ab"},
      {"{{\n$value\n}}", 1, "1"},
      // Humanized numbers.
      {"{{ $value | humanize }}", 0, "0"},
      {"{{ humanize $value }}", 1, "1"},
      {"{{ humanize $value }}", 999.96, "1000"},
      {"{{ humanize $value }}", 1000, "1k"},
      {"{{ humanize $value }}", 1234567, "1.235M"},
      {"{{ humanize $value }}", -1234567, "-1.235M"},
      {"{{ humanize $value }}", 1e30, "1e+06Y"},
      {"{{ humanize $value }}", 0.1, "100m"},
      {"{{ humanize $value }}", 0.000012345, "12.35u"},
      {"{{ humanize $value }}", 1e-30, "1e-06y"},
      {"{{ humanize $value }}", infinity, "+Inf"},
      {"{{ humanize $value }}", -infinity, "-Inf"},
      {"{{ humanize $value }}", no_number, "NaN"},
      {"{{ $labels.code | humanize }} {{ $labels.share | humanizePercentage }}", 1, "500 25%"},
      {"{{ humanize 2048 }} {{ humanize \"1e3\" }}", 1, "2.048k 1k"},
      {"{{ $value | humanize1024 }}", 0, "0"},
      {"{{ humanize1024 $value }}", 0.5, "0.5"},
      {"{{ humanize1024 $value }}", 1023, "1023"},
      {"{{ humanize1024 $value }}", 1024, "1ki"},
      {"{{ humanize1024 $value }}", 1048576, "1Mi"},
      {"{{ humanize1024 $value }}", -1.5e12, "-1.364Ti"},
      {"{{ humanize1024 $value }}", infinity, "+Inf"},
      {"{{ $value | humanizeDuration }}", 0, "0s"},
      {"{{ humanizeDuration $value }}", 1, "1s"},
      {"{{ humanizeDuration $value }}", 59.99, "59.99s"},
      {"{{ humanizeDuration $value }}", 60, "1m 0s"},
      {"{{ humanizeDuration $value }}", 3600, "1h 0m 0s"},
      {"{{ humanizeDuration $value }}", 86400, "1d 0h 0m 0s"},
      {"{{ humanizeDuration $value }}", -93784.9, "-1d 2h 3m 4s"},
      {"{{ humanizeDuration $value }}", 0.1, "100ms"},
      {"{{ humanizeDuration $value }}", -0.0000123456, "-12.35us"},
      {"{{ humanizeDuration $value }}", infinity, "+Inf"},
      {"{{ humanizeDuration $value }}", no_number, "NaN"},
      {"{{ $value | humanizePercentage }}", 0.12345, "12.35%"},
      {"{{ humanizePercentage $value }}", -1.5, "-150%"},
      {"{{ humanizePercentage $value }}", 0, "0%"},
      {"{{ humanizePercentage $value }}", infinity, "+Inf%"},
      {"{{ humanizePercentage $value }}", 1234.5, "1.234e+05%"},
      {"{{ $value | humanizeTimestamp }}", 1435065584.128, "2015-06-23 13:19:44.128 +0000 UTC"},
      {"{{ humanizeTimestamp $value }}", 0, "1970-01-01 00:00:00 +0000 UTC"},
      {"{{ humanizeTimestamp $value }}", -0.5, "1969-12-31 23:59:59.5 +0000 UTC"},
      {"{{ humanizeTimestamp $value }}", infinity, "+Inf"},
      // printf.
      {"{{ printf \"%.2f\" $value }}", 1.005, "1.00"},
      {"{{ $value | printf \"%.1f%%\" }}", 99.96, "100.0%"},
      {"{{ printf \"%5.1f|%-7.2f|%07.2f|%+.1f|% .1f\" $value $value $value $value $value }}",
       3.14159, "  3.1|3.14   |0003.14|+3.1| 3.1"},
      {"{{ printf \"%07.2f|%-7.1f|\" $value $value }}", -3.14159, "-003.14|-3.1   |"},
      {"{{ printf \"%f %g %e %v %G %E %F\" $value $value $value $value $value $value $value }}",
       1e6, "1000000.000000 1e+06 1.000000e+06 1e+06 1E+06 1.000000E+06 1000000.000000"},
      {"{{ printf \"%.3g %.3v %.10g\" $value $value $value }}", 1234.5678,
       "1.23e+03 1.23e+03 1234.5678"},
      {"{{ printf \"%.0f %.0f\" 0.5 1.5 }}", 1, "0 2"},
      {"{{ printf \"%5.1f|%-6.1f|%06.1f|%+f\" $value $value $value $value }}", infinity,
       " +Inf|+Inf  |  +Inf|+Inf"},
      {"{{ printf \"%5.1f|%06f\" $value $value }}", no_number, "  NaN|   NaN"},
      {"{{ printf \"% f|%f\" $value $value }}", -infinity, "-Inf|-Inf"},
      {"{{ printf \"%s is %s\" $labels.job $labels.code }}", 1, "node is 500"},
      {"{{ printf \"%8s|%-8s|%.2s|%q\" $labels.job $labels.job $labels.job $labels.job }}", 1,
       "    node|node    |no|\"node\""},
      {"{{ printf \"%q\" \"a\\\"b\\n\" }}", 1, "\"a\\\"b\\n\""},
      {"{{ printf \"%d %5d %-5d| %05d %+d\" 42 42 42 42 42 }}", 1, "42    42 42   | 00042 +42"},
      {"{{ printf \"%d\" $value }}", 1.5, "%!d(float64=1.5)"},
      {"{{ printf \"%s\" $value }}", 1.5, "%!s(float64=1.5)"},
      {"{{ printf \"%f\" $labels.code }}", 1, "%!f(string=500)"},
      {"{{ printf \"%f\" 5 }}", 1, "%!f(int=5)"},
      {"{{ printf \"%v %v\" $value }}", 1, "1 %!v(MISSING)"},
      {"{{ printf \"a\" $value \"x\" }}", 1, "a%!(EXTRA float64=1, string=x)"},
      {"{{ printf \"100%%\" }}", 1, "100%"},
      {"{{ printf \"%v\" $labels.job | toUpper }}", 1, "NODE"},
      // Texts.
      {"{{ toUpper $labels.instance }} {{ \"ABC d\" | toLower }}", 1, "DB-1:9100 abc d"},
      {"{{ title \"disk full on db_one x-y 9a\" }}", 1, "Disk Full On Db_one X-Y 9a"},
      // Parentheses.
      {"{{ printf \"%s: %s\" (toUpper $labels.job) (humanize $value) }}", 2000, "NODE: 2k"},
      {"{{ ($value | humanizePercentage) | printf \"%s!\" }}", 0.5, "50%!"},
  };
}

}  // namespace slod::rules
