#include "daemon/api/own_routes.h"

#include <memory>
#include <string>

#include "daemon/api/daemon.h"
#include "daemon/api/json_response.h"
#include "daemon/api/openapi.h"
#include "daemon/api/status_json.h"
#include "daemon/page/page.h"

namespace slod {
namespace {

Response text_response(int status, std::string text) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(text)};
}

}  // namespace

RouteReply status(Daemon& daemon) {
  return json_response(200, status_json(daemon));
}

RouteReply metrics(Daemon& daemon) {
  // What slod counts itself changes all the time: only who asks at the same time shares it.
  return SharedJob{
      .name = "metrics", .source = std::make_shared<int>(), .run = [page = daemon.metrics_page()] {
        return Response{.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = page()};
      }};
}

RouteReply openapi(Daemon& /*daemon*/) {
  return Response{.content_type = "application/yaml; charset=utf-8",
                  .body = std::string(openapi_document())};
}

RouteReply reload(Daemon& daemon) {
  return PoolJob{.run = [reload = daemon.reload()](const std::stop_token& stop) mutable {
    const std::string why = reload(stop);
    return why.empty() ? json_response(200, {{"status", "reloaded"}}) : json_error(400, why);
  }};
}

RouteReply health(Daemon& /*daemon*/) {
  return json_response(200, {{"status", "ok"}});
}

RouteReply readiness(Daemon& daemon) {
  const std::string why = daemon.not_ready();
  if (!why.empty()) return json_error(503, why);
  return json_response(200, {{"status", "ready"}});
}

RouteReply health_text(Daemon& /*daemon*/) {
  return text_response(200, "slod is healthy.\n");
}

RouteReply readiness_text(Daemon& daemon) {
  const std::string why = daemon.not_ready();
  return why.empty() ? text_response(200, "slod is ready.\n") : text_response(503, why + "\n");
}

RouteReply page_itself(Daemon& /*daemon*/, const Request& request) {
  return page::answer(request);
}

RouteReply page_file(Daemon& /*daemon*/, const Request& request, std::string_view name) {
  return page::answer_file(request, name);
}

}  // namespace slod
