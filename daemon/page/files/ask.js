// Asks slod. Paths are relative to the page, so that it works below any prefix of a proxy.

/** slod did answer, and says in a sentence why not as it was asked. */
export class Refusal extends Error {}

/** The JSON of an answer. Throws a Refusal, or another Error where slod does not answer. */
export async function ask(path, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  const reply = await fetch(query ? `${path}?${query}` : path, {
    cache: 'no-cache', credentials: 'same-origin', headers: {Accept: 'application/json'},
    signal: AbortSignal.timeout(20000)});
  const text = await reply.text();
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Error(`expected JSON from ${path}, found status ${reply.status}`);
  }
  if (!reply.ok) throw new Refusal(body?.error ?? `status ${reply.status} from ${path}`);
  return body;
}

/** The series of a PromQL expression: [{metric, values: [[seconds, "1.5"], ...]}, ...]. */
export async function range(query, start, end, step) {
  const answer = await ask('api/v1/query_range', {query, start: String(start), end: String(end), step: String(step)});
  return answer.data.result;
}

/** A label's value within PromQL. */
export function quoted(text) {
  return JSON.stringify(text);
}
