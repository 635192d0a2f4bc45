#pragma once

#include <string>

#include "lib/query/evaluate.h"
#include "lib/series/labels.h"
#include "lib/time/instant.h"

/// Results as Prometheus's HTTP API writes them. Source: Prometheus, "HTTP API".
namespace slod::query {

/// Seconds, with three decimals or none: 1767436620, 1767436620.250.
void append_time(std::string& out, Instant at);

/// The shortest text that reads back, in quotes, as JSON has no NaN: "0.5", "1e-07", "+Inf".
void append_number(std::string& out, double value);

/// {"__name__":"up","job":"api"}
void append_labels(std::string& out, const Labels& labels);

/// Appends {"resultType":"vector","result":[...]}, where `at` is the time of a scalar or a string.
/// The object is left open, so that more members may follow. False: `is_unwanted` was true
/// meanwhile, and the text is cut.
bool append_open(std::string& out, const Result& result, Instant at,
                 const IsUnwanted& is_unwanted = {});

}  // namespace slod::query
