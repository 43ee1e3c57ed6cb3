// The public API, as /openapi.json describes it.

const keyName = "mtt-key";

/** An error of the API. */
export class ApiError extends Error {
  constructor(status, error) {
    super(error?.message ?? `The server answered ${status}.`);
    this.status = status;
    this.code = error?.code;
    this.details = error?.details;
  }
}

/** Calls the API; asks for a key where the server wants one, and keeps it in this tab only. */
export class Api {
  #askForKey;

  /** @param askForKey Gives a key, told whether one was refused. */
  constructor(askForKey) {
    this.#askForKey = askForKey;
  }

  get = async (path) => (await this.#call("GET", path)).json();

  remove = async (path) => (await this.#call("DELETE", path)).json();

  post = async (path, body = {}) => (await this.#call("POST", path, body)).json();

  /** Posts and gives the headers, then the events of the answer as they come. */
  async stream(path, body, headers, signal) {
    const response = await this.#call("POST", path, body, headers, signal);
    return { headers: response.headers, events: events(response.body) };
  }

  async #call(method, path, body, headers = {}, signal = undefined) {
    for (let wasRefused = false; ; wasRefused = true) {
      const key = sessionStorage.getItem(keyName);
      const response = await fetch(path, {
        method,
        signal,
        headers: {
          ...headers,
          ...(key ? { Authorization: `Bearer ${key}` } : {}),
          ...(body ? { "Content-Type": "application/json" } : {}),
        },
        body: body ? JSON.stringify(body) : undefined,
      });
      if (response.ok) {
        return response;
      }
      if (response.status !== 401) {
        throw new ApiError(response.status, (await response.json().catch(() => null))?.error);
      }
      sessionStorage.setItem(keyName, await this.#askForKey(wasRefused && key !== null));
    }
  }
}

/** The events of a stream: name and data. */
async function* events(body) {
  let rest = "";
  for await (const text of pieces(body)) {
    rest += text;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const lines = rest.slice(0, end).split("\n");
      rest = rest.slice(end + 2);
      const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
      if (data !== "") {
        yield { name: lines.find((line) => line.startsWith("event: "))?.slice(7) ?? "message", data };
      }
    }
  }
}

async function* pieces(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      yield read.value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
