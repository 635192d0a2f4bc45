// Asks slod. Paths are relative to the page, so that it works below any prefix of a proxy.

const patience = 20; // seconds

/** slod did answer, and says in a sentence why not as it was asked. */
export class Refusal extends Error {}

/** The JSON of an answer. Throws a Refusal, or another Error where slod does not answer. */
export async function ask(path, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  const target = query ? `${path}?${query}` : path;
  let reply = null;
  let text = '';
  try {
    reply = await fetch(target, {
      cache: 'no-cache',
      credentials: 'same-origin',
      headers: {Accept: 'application/json'},
      signal: AbortSignal.timeout(1000 * patience),
    });
    text = await reply.text();
  } catch (problem) {
    throw new Error(
      problem.name === 'TimeoutError'
        ? `nothing came within ${patience} s`
        : 'there is no connection to it',
    );
  }
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
  const answer = await ask('api/v1/query_range', {
    query,
    start: String(start),
    end: String(end),
    step: String(step),
  });
  return answer.data.result;
}

/** A label's value within PromQL. */
export function quoted(text) {
  return JSON.stringify(text);
}
