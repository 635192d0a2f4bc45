#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/api.h"
#include "lib/series/sample_source.h"
#include "tests/daemon/api/fake_daemon.h"

namespace slod::prometheus_api {

/// Samples in memory, and what was asked of them.
class TestSamples final : public QuerySamples {
 public:
  /// A sample every `interval` from `first` on.
  void add(const Labels& labels, Instant first, Duration interval, std::vector<double> values);
  void add(const Labels& labels, Instant at, HistogramPtr histogram);

  Open open(std::vector<std::vector<promql::Matcher>> selections, Interval range) override;

  /// Called on the pool, before a source is handed out.
  std::function<void()> on_open = [] {};

  std::vector<Interval> ranges;         ///< of what was opened
  std::vector<std::size_t> selections;  ///< how many there were

 private:
  class Source;
  std::vector<SampleRun> runs_;
};

/// The API at 2026-01-02T13:37:00Z (1767361020) over `samples`; its work is done at once.
class Asking {
 public:
  /// `yaml` is a configuration file, or empty.
  explicit Asking(std::string_view yaml = "");

  /// GET, or POST where there is a form. Fails the test where nothing serves the path.
  Response response(std::string_view target, std::string_view form = {}, std::stop_token stop = {});
  /// The body of a response.
  std::string body(std::string_view target, std::string_view form = {});
  boost::json::value json(std::string_view target, std::string_view form = {});

  static constexpr Instant now{Duration(1'767'361'020'000)};

  TestSamples samples;
  FakeDaemon daemon;

 private:
  Api api_{daemon};
};

}  // namespace slod::prometheus_api
