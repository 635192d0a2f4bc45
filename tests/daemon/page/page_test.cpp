#include "daemon/page/page.h"

#include <gtest/gtest.h>

#include <string>

#include "daemon/page/files.h"

namespace slod::page {
namespace {

std::string header(const Response& response, std::string_view name) {
  for (const auto& [header, value] : response.headers) {
    if (header == name) return value;
  }
  return {};
}

Request request(std::string path, Fields headers = {}) {
  Request made;
  made.method = "GET";
  made.path = std::move(path);
  made.headers = std::move(headers);
  return made;
}

TEST(Page, IsServedWithAPolicyThatAllowsNothingFromElsewhere) {
  const Response page = answer(request("/"));
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_NE(page.body.find("<script type=\"module\" src=\"page/app.js\">"), std::string::npos);
  EXPECT_EQ(header(page, "Content-Security-Policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
}

TEST(Page, RedirectsToTheSlashThatItsRelativeUrlsNeed) {
  const Response page = answer(request("/tools/slod"));
  EXPECT_EQ(page.status, 308);
  EXPECT_EQ(header(page, "Location"), "slod/");
  EXPECT_EQ(answer(request("/tools/slod/")).status, 200);
}

TEST(Page, GivesEachFileItsType) {
  const struct {
    const char* name;
    const char* type;
  } cases[] = {{"app.js", "text/javascript; charset=utf-8"},
               {"style.css", "text/css; charset=utf-8"},
               {"icon.svg", "image/svg+xml"}};
  for (const auto& c : cases) {
    const Response file = answer_file(request("/"), c.name);
    EXPECT_EQ(file.status, 200) << c.name;
    EXPECT_EQ(file.content_type, c.type);
    EXPECT_FALSE(file.body.empty());
  }
  EXPECT_EQ(answer_file(request("/"), "../page.cpp").status, 404);
}

TEST(Page, SendsNoFileThatTheBrowserHas) {
  const Response first = answer_file(request("/"), "app.js");
  const std::string tag = header(first, "ETag");
  ASSERT_TRUE(tag.starts_with("W/\"") && tag.ends_with('"')) << tag;
  EXPECT_NE(tag, header(answer_file(request("/"), "dom.js"), "ETag"));
  for (const std::string& known : {tag, "\"other\", " + tag, tag.substr(2), std::string("*")}) {
    const Response again = answer_file(request("/", {{"if-none-match", known}}), "app.js");
    EXPECT_EQ(again.status, 304) << known;
    EXPECT_TRUE(again.body.empty());
    EXPECT_EQ(header(again, "ETag"), tag);
  }
  EXPECT_EQ(answer_file(request("/", {{"if-none-match", "\"other\""}}), "app.js").status, 200);
}

/// What the strict policy would refuse, and text that would be read as HTML, is not even written.
TEST(Page, WritesNoTextAsHtmlAndNoScriptOrStyleWithinThePage) {
  for (const File& file : files()) {
    if (file.name.starts_with("dygraph")) continue;
    for (const char* banned : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write",
                               " style=\"", " onclick=", "eval(", "<style", "://cdn"}) {
      EXPECT_EQ(file.content.find(banned), std::string_view::npos) << file.name << ": " << banned;
    }
  }
}

}  // namespace
}  // namespace slod::page
