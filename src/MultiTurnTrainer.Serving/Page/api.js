// The public API, as /openapi.json describes it.

const keyName = "mtt-key";

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

  /** Posts and gives the events of the answer as they come. */
  async stream(path, body, headers, signal) {
    return events((await this.#call("POST", path, body, headers, signal)).body);
  }

  async #call(method, path, body, headers = {}, signal = undefined) {
    for (;;) {
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
        const answer = await response.json().catch(() => null);
        throw new Error(answer?.error?.message ?? `The server answered ${response.status}.`);
      }
      sessionStorage.setItem(keyName, await this.#askForKey(key !== null));
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
