// Asks a server as Prometheus's editor for PromQL does: complete.cjs URL GET|POST. Prints one JSON
// object: what the client's calls return, and what is proposed where a query ends.
const editor = '@prometheus-io/codemirror-promql';
const { HTTPPrometheusClient } = require(`${editor}/dist/cjs/client/prometheus`);
const { newCompleteStrategy } = require(`${editor}/dist/cjs/complete`);
const { promQLLanguage, LanguageType } = require(editor);
const { CompletionContext } = require('@codemirror/autocomplete');
const { EditorState } = require('@codemirror/state');

async function proposed(remote, before, after = '') {
  const extensions = [promQLLanguage(LanguageType.PromQL)];
  const state = EditorState.create({ doc: before + after, extensions });
  const context = new CompletionContext(state, before.length, true);
  const result = await newCompleteStrategy({ remote }).promQL(context);
  return result === null ? [] : result.options.map((option) => option.label);
}

async function main(url, httpMethod) {
  const failures = [];
  const httpErrorHandler = (error) => failures.push(String(error));
  const remote = { url, httpMethod, httpErrorHandler, lookbackInterval: 3600 * 1000 };
  const client = new HTTPPrometheusClient(remote);
  const out = {
    metricNames: await client.metricNames(),
    labelNames: await client.labelNames('http_requests_total'),
    labelValues: await client.labelValues('code', 'http_requests_total'),
    series: await client.series('http_requests_total'),
    metadata: await client.metricMetadata(),
    flags: await client.flags(),
    afterName: await proposed(remote, 'http_req'),
    afterBrace: await proposed(remote, 'http_requests_total{', '}'),
    afterQuote: await proposed(remote, 'sum(rate(http_requests_total{code="', '"}[5m]))'),
    afterBy: await proposed(remote, 'sum by (', ') (http_requests_total)'),
    failures,
  };
  console.log(JSON.stringify(out));
}

main(process.argv[2], process.argv[3]).catch((error) => {
  console.error(error);
  process.exit(1);
});
