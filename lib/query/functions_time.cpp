#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "lib/query/frame_changes.h"
#include "lib/query/function_tables.h"

namespace slod::query {
namespace {

using Arguments = std::vector<Argument>;
using Seconds = std::chrono::sys_seconds;
using std::chrono::floor;
using std::chrono::sys_days;
using std::chrono::year_month_day;

/// Unix seconds that the calendar of <chrono> has: 32,767 years around year 0.
constexpr double seconds_max = 9.0e11;

year_month_day date(Seconds at) {
  return year_month_day(floor<std::chrono::days>(at));
}

double year(Seconds at) {
  return static_cast<double>(static_cast<int>(date(at).year()));
}
double month(Seconds at) {
  return static_cast<double>(static_cast<unsigned>(date(at).month()));
}
double day_of_month(Seconds at) {
  return static_cast<double>(static_cast<unsigned>(date(at).day()));
}
double days_in_month(Seconds at) {
  const year_month_day day = date(at);
  const std::chrono::year_month_day_last last(day.year(), day.month() / std::chrono::last);
  return static_cast<double>(static_cast<unsigned>(last.day()));
}
double day_of_year(Seconds at) {
  const sys_days day = floor<std::chrono::days>(at);
  const sys_days first(date(at).year() / std::chrono::January / 1);
  return static_cast<double>((day - first).count() + 1);
}
/// 0 is Sunday.
double day_of_week(Seconds at) {
  return static_cast<double>(std::chrono::weekday(floor<std::chrono::days>(at)).c_encoding());
}
double hour(Seconds at) {
  return static_cast<double>(floor<std::chrono::hours>(at - floor<std::chrono::days>(at)).count());
}
double minute(Seconds at) {
  return static_cast<double>(
      floor<std::chrono::minutes>(at - floor<std::chrono::hours>(at)).count());
}

/// A part of the date of Unix seconds, in UTC; without an argument, of the time of each step. NaN
/// where the calendar does not reach.
template <double (*compute)(Seconds)>
FrameResult of_time(Arguments& arguments, Context& context) {
  if (arguments.empty()) {
    return scalar_result(context.steps, [&](std::size_t step) {
      return compute(floor<std::chrono::seconds>(context.steps.at(step)));
    });
  }
  return map_floats(take_frame(arguments, 0), context, [](double value, std::size_t) {
    if (!(std::abs(value) <= seconds_max)) return std::numeric_limits<double>::quiet_NaN();
    return compute(Seconds(std::chrono::seconds(static_cast<std::int64_t>(value))));
  });
}

FrameResult time(Arguments& /*arguments*/, Context& context) {
  return scalar_result(context.steps,
                       [&](std::size_t step) { return unix_seconds(context.steps.at(step)); });
}

/// For anything but a selector: the time of the step, for histograms too.
FrameResult timestamp(Arguments& arguments, Context& context) {
  Frame frame = take_frame(arguments, 0);
  for (Column& column : frame) {
    column.histograms.clear();
    for (std::size_t step = 0; step < column.kinds.size(); ++step) {
      if (column.kinds[step] == Point::Kind::none) continue;
      column.set(step, unix_seconds(context.steps.at(step)));
    }
  }
  return without_names(std::move(frame), context);
}

}  // namespace

std::vector<NamedFrameFunction> time_functions() {
  return {{"year", of_time<year>},
          {"month", of_time<month>},
          {"day_of_month", of_time<day_of_month>},
          {"days_in_month", of_time<days_in_month>},
          {"day_of_year", of_time<day_of_year>},
          {"day_of_week", of_time<day_of_week>},
          {"hour", of_time<hour>},
          {"minute", of_time<minute>},
          {"time", time},
          {"timestamp", timestamp}};
}

}  // namespace slod::query
