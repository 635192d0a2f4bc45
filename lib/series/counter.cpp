#include "lib/series/counter.h"

#include <cassert>

namespace slod {

Observation Counter::baseline(double new_value, Instant at) {
  value = new_value;
  sampled = at;
  return {.when = {at, at}, .events = 0, .kind = Observation::Kind::baseline};
}

Observation Counter::born(double new_value, Instant at, Instant previous, Duration interval) {
  assert(interval > Duration::zero());
  value = new_value;
  sampled = at;
  const Instant begin = previous < at ? previous : at - interval;
  return {.when = {begin, at}, .events = new_value, .kind = Observation::Kind::born};
}

Observation Counter::advance(double new_value, Instant at) {
  assert(has_sample() && at > sampled && new_value >= value);
  const Observation observation{
      .when = {sampled, at}, .events = new_value - value, .kind = Observation::Kind::continued};
  value = new_value;
  sampled = at;
  return observation;
}

Observation Counter::restart(double new_value, Instant at, Instant start) {
  assert(has_sample() && sampled < start && start < at);
  value = new_value;
  sampled = at;
  return {.when = {start, at}, .events = new_value, .kind = Observation::Kind::reset};
}

}  // namespace slod
