#include "daemon/api/process_metrics.h"

#include <string>
#include <utility>

#include "daemon/api/collected_family.h"
#include "daemon/api/process_figures.h"

namespace slod {

std::vector<prometheus::MetricFamily> ProcessMetrics::Collect() const {
  using enum prometheus::MetricType;
  std::vector<prometheus::MetricFamily> families;
  const auto figures = process_figures();
  if (!figures) return families;
  const auto show = [&](std::string name, std::string help, prometheus::MetricType type,
                        double value) {
    CollectedFamily family(std::move(name), std::move(help), type);
    family.add({}, value);
    family.into(families);
  };
  show("process_cpu_seconds_total", "User and system time since the start.", Counter,
       figures->cpu_seconds);
  show("process_resident_memory_bytes", "Memory that is held in RAM.", Gauge,
       static_cast<double>(figures->resident_bytes));
  show("process_open_fds", "File descriptors in use.", Gauge,
       static_cast<double>(figures->open_files));
  show("process_max_fds", "File descriptors that may be in use.", Gauge,
       static_cast<double>(figures->open_files_max));
  show("process_start_time_seconds", "When it started, in Unix seconds.", Gauge,
       figures->start_unix_seconds);
  return families;
}

}  // namespace slod
