// The page at / and /sessions/ID: asks the public API and shows what it says.
import { Api } from "./api.js";
import { LiveAnswer, history, messagesOf } from "./chat.js";
import { Composer, constraintForm } from "./composer.js";
import { element } from "./dom.js";
import { askForKey } from "./key.js";
import { Layout, mostListed } from "./layout.js";
import { seen } from "./seen.js";
import { Versions } from "./versions.js";

const betweenLooks = 500;
const api = new Api(askForKey);
const layout = new Layout(document.getElementById("app"));
const path = (suffix) => `/v1/sessions/${session}${suffix}`;

const actions = {
  look: (at, focus) => attempt(() => look(at, focus)),
  say: (text) => attempt(() => say(text)),
  regenerate: (turn) => attempt(() => answer(path(`/turns/${turn}/regenerate`), { stream: true })),
  stop: () => stopping?.abort(),
  fork: (at) => attempt(async () => location.assign(`/sessions/${(await api.post(path("/fork"), { version: at })).id}`)),
  constrain: (text, always) => change(() => api.post(path("/constraints"), { text, non_negotiable: always })),
  withdraw: (id) => change(() => api.remove(path(`/constraints/${id}`))),
  acknowledge: (turn, text) => change(() => api.post(path(`/turns/${turn}/acknowledge`), { text })),
};

const versions = new Versions(actions);
const constraints = constraintForm(actions);
let composer = null;
let session = /^\/sessions\/([0-9a-f]{64})$/.exec(location.pathname)?.[1] ?? null;
let events = [];
let view = null;
let live = null;
let stopping = null;
let looks = 0;
let isSettling = false;

await attempt(begin);

async function begin() {
  const models = (await api.get("/v1/models")).data.map((model) => model.id);
  const sessions = session === null ? (await api.get(`/v1/sessions?limit=${mostListed}`)).data : [];
  if (session !== null) {
    await refresh();
  }
  composer = new Composer(models, actions);
  layout.build(session, composer.root, versions.root, sessions);
  show();
}

/** Takes over what happened since, and looks at the newest version. */
async function refresh() {
  await takeEvents();
  await look(events.length);
}

async function takeEvents() {
  for (const event of (await api.get(path(`/events?after=${events.length}`))).data) {
    events[event.version - 1] = event;
  }
}

/** Waits for the end of a turn that was stopped just now, or that somebody else has begun. */
async function settle() {
  while (!isSettling && live === null && view.state.pending && view.version === events.length) {
    isSettling = true;
    const known = events.length;
    await new Promise((done) => setTimeout(done, betweenLooks));
    await takeEvents().finally(() => (isSettling = false));
    if (events.length > known && view.version === known) {
      await look(events.length);
    }
  }
}

/** Looks at a version; of several looks at a time the last one counts. */
async function look(version, focus = null) {
  const mine = ++looks;
  const [state, context] = await Promise.all([
    api.get(path(`?version=${version}`)),
    api.get(path(`/context?version=${version}`)).catch((refusal) => refusal),
  ]);
  if (mine !== looks) {
    return;
  }
  const isRefused = context instanceof Error;
  view = {
    version,
    state,
    messages: messagesOf(state),
    context: isRefused ? null : context,
    refusal: isRefused ? context.message : null,
    sent: hashOfSent(state.pending),
  };
  show();
  if (focus !== null) {
    document.getElementById(focus).focus();
  }
  settle().catch((fault) => layout.fail(fault.message));
}

/** The hash of the prompt that was sent for a turn, if the log has it by now. */
function hashOfSent(turn) {
  const committed = events.find((event) => event.kind === "turn_committed" && event.data.turn === turn);
  return committed?.data.info.prompt_hash ?? null;
}

/** Draws what is known. */
function show() {
  if (composer === null) {
    return;
  }
  const isBusy = live !== null;
  if (view === null) {
    composer.show({ isNewest: true, isBusy });
    layout.show(isBusy ? [live.item] : [], [element("p", {}, "Nothing yet: say something.")]);
    return;
  }
  const shown = { ...view, events, latest: events.length, isNewest: view.version === events.length, isBusy };
  composer.show(shown);
  versions.show(shown);
  layout.show(
    [...history(shown, actions), ...(isBusy ? [live.item] : [])],
    [
      ...(shown.context ? seen(shown, actions) : [element("p", { class: "problem" }, shown.refusal)]),
      shown.isNewest && !isBusy ? constraints : null,
    ],
  );
}

async function say(text) {
  try {
    if (session === null) {
      session = (await api.post("/v1/sessions")).id;
      window.history.replaceState(null, "", `/sessions/${session}`);
      layout.build(session, composer.root, versions.root, []);
      composer.focus();
    }
    if (view === null) {
      await refresh();
    }
    const body = { stream: true, messages: [{ role: "user", content: text }] };
    if (composer.model) {
      body.model = composer.model;
    }
    await answer("/v1/chat/completions", body, { "mtt-session": session, "mtt-session-version": `${events.length}` });
  } catch (fault) {
    if (!fault.hasBegun) {
      composer.restore(text);
    }
    show();
    throw fault;
  }
}

/** Streams an answer. A failure says whether the turn had begun. */
async function answer(url, body, headers = {}) {
  let hasBegun = false;
  stopping = new AbortController();
  live = new LiveAnswer(layout.spoken);
  layout.tell("Answering…");
  show();
  try {
    const chunks = await api.stream(url, body, { ...headers, "Idempotency-Key": newKey() }, stopping.signal);
    hasBegun = true;
    attempt(refresh);
    for await (const { name, data } of chunks) {
      if (data !== "[DONE]") {
        take(name, JSON.parse(data));
      }
    }
    layout.tell("");
  } catch (fault) {
    throw Object.assign(fault, { hasBegun });
  } finally {
    live.end();
    live = stopping = null;
    await refresh().catch((fault) => {
      layout.fail(fault.message);
      show();
    });
  }
}

function take(name, chunk) {
  if (chunk.error) {
    throw new Error(chunk.error.message);
  }
  if (name === "context.notice") {
    layout.notify(chunk.notice.text);
  }
  live.add(chunk.choices?.[0]?.delta?.content ?? "");
}

function change(act) {
  return attempt(async () => {
    await act();
    await refresh();
  });
}

/** Does something and says whether it went well; what goes wrong is told on the page. */
async function attempt(act) {
  try {
    layout.clear();
    await act();
    return true;
  } catch (fault) {
    layout.fail(fault.name === "AbortError" ? "Stopped: what had come is kept aside." : fault.message);
    return false;
  }
}

/** A key under which a request that is sent twice is one turn. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
