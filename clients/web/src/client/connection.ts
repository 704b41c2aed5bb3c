/**
 * Asking services over HTTP.
 *
 * Nothing that a browser would add on its own goes along: no cookie, no referrer, nothing from a cache, and no language.
 * A browser chooses its connections itself. Ingest therefore closes the connection after each answer to a page, so that
 * no two sealed parts travel over one; that they are sent apart in time and in random order is this client's (posting.ts).
 */

import { fromUtf8 } from "../protocol/bytes";
import { isObject, type JsonObject } from "../protocol/canonical";
import { aborted, refusal, Stop, unavailable } from "./outcomes";

/** Seconds. Ingest waits up to 20 s for the log before it gives up. */
const TIMEOUT = 30;

/** Bytes of an answer. The longest honest one lists 300,000 counted entries in 8 MB. */
const LARGEST = 64 * 1024 * 1024;

const PROBLEM = /^urn:klankbord:problem:([a-z0-9-]{1,60})$/;

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** A service as it is asked; failures bear its name. */
export type Service = Readonly<{ name: string; url: string }>;

type Request = Readonly<{ bearer?: string; body?: unknown; signal?: AbortSignal | undefined }>;

export class Web {
  readonly #fetch: typeof fetch;
  readonly #plain: boolean;

  /** `plain` allows addresses without TLS other than on this machine, as in a trial's own network. */
  constructor(ask: typeof fetch, plain: boolean) {
    this.#fetch = ask;
    this.#plain = plain;
  }

  /** The JSON object at `path`; stops with a refusal, or as unavailable. `bearer` travels in a header, never in a URL. */
  async ask(service: Service, path: string, { bearer, body, signal }: Request = {}): Promise<JsonObject> {
    const { protocol, hostname } = new URL(service.url);
    if (protocol !== "https:" && !this.#plain && !LOOPBACK.has(hostname)) throw unavailable(service.name, "plain-http");
    // The same for everybody: a browser would name its person's languages.
    const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": "*" };
    if (bearer !== undefined) headers.Authorization = `Bearer ${bearer}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const late = new AbortController();
    const stop = () => late.abort();
    const timer = setTimeout(stop, TIMEOUT * 1000);
    // AbortSignal.any would say it in a word; phones of 2023 do not have it.
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    try {
      const response = await this.#fetch(service.url + path, {
        method: body === undefined ? "GET" : "POST",
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        credentials: "omit",
        referrer: "",
        referrerPolicy: "no-referrer",
        cache: "no-store",
        redirect: "error",
        signal: late.signal,
      });
      return answer(service.name, response, await read(service.name, response));
    } catch (error) {
      if (error instanceof Stop) throw error;
      throw signal?.aborted ? aborted() : unavailable(service.name, "network");
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
  }
}

async function read(service: string, response: Response): Promise<JsonObject | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (const reader = response.body?.getReader(); reader; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > LARGEST) {
      await reader.cancel();
      throw unavailable(service, "nonsense");
    }
    chunks.push(value);
  }
  const body = new Uint8Array(size);
  for (let at = 0; chunks[0]; at += (chunks.shift() as Uint8Array).length) body.set(chunks[0], at);
  try {
    const value: unknown = JSON.parse(fromUtf8(body));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function answer(service: string, response: Response, value: JsonObject | null): JsonObject {
  if (response.ok && value !== null) return value;
  const word = PROBLEM.exec(String(value?.type))?.[1];
  if (response.status === 503) throw unavailable(service, "busy", seconds(response.headers.get("Retry-After")));
  if (response.status >= 500) throw unavailable(service, "broken");
  if (response.status < 400 || word === undefined) throw unavailable(service, "nonsense");
  throw refusal(service, response.status, word, String(value?.detail ?? "").slice(0, 500));
}

/** Retry-After in its form of seconds (RFC 9110 section 10.2.3), if the service lets pages read it. */
function seconds(value: string | null): number | null {
  return value !== null && /^\d+$/.test(value) ? Number(value) : null;
}
