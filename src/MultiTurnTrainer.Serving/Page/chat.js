// The left side: what was said.
import { counted, element, words } from "./dom.js";
import { markdown } from "./markdown.js";
import { textOf } from "./seen.js";

/** The messages at a version: of a turn that is pending there, what it is answered from. */
export function messagesOf(state) {
  const pending = state.turns.find((turn) => turn.id === state.pending);
  return pending ? [...state.messages.slice(0, pending.first), ...pending.messages] : state.messages;
}

const isActive = (turn) => ["committed", "acknowledged", "pending"].includes(turn.status);

/** The list items of a conversation, and what came to nothing behind them. */
export function history(view, actions) {
  const turns = view.state.turns.filter(isActive).sort((one, other) => one.first - other.first);
  const items = view.messages.map((message, i) => said(message, i, turns.findLast((turn) => turn.first <= i), view, actions));
  return [...items, ...(view.state.pending ? [] : broken(view, actions))];
}

function said(message, index, turn, view, actions) {
  const { class: form, text } = place(index, view.context);
  const isAnswer = message.role === "assistant" && turn !== undefined && !view.state.pending;
  return element(
    "li",
    { class: `message ${form}`, id: `m${index}`, tabindex: "-1" },
    element(
      "h3",
      {},
      `${index + 1} · ${message.role}${message.role === "user" && turn?.participant ? ` (${turn.participant})` : ""} `,
      element("span", { class: "soft" }, text),
    ),
    element("div", { class: "words" }, markdown(textOf(message))),
    isAnswer && index === lastOf(turn, view) ? buttons(turn, index, view, actions) : null,
  );
}

// The answer closes its turn.
const lastOf = (turn, view) => {
  const next = view.state.turns
    .filter((other) => other.first > turn.first && isActive(other))
    .reduce((least, other) => Math.min(least, other.first), view.messages.length);
  return next - 1;
};

// The parts that are a message, or stand in its place.
const wholeKinds = ["message", "system", "facts", "placeholder"];

/** Where a message stands in the prompt. */
function place(index, context) {
  if (!context) {
    return { class: "", text: "" };
  }
  const left = context.left_out.find((omission) => omission.first <= index && index <= omission.last);
  if (left) {
    return { class: "gone", text: `left the prompt: ${left.reason}` };
  }
  const item = context.items.find((part) => wholeKinds.includes(part.kind) && part.sources.includes(index));
  if (!item) {
    return { class: "", text: "" };
  }
  const form = item.kind === "facts" || item.kind === "placeholder" ? ` as ${item.kind}` : "";
  return { class: "kept", text: `in the prompt${form}, ${counted(item.tokens, "token")}` };
}

function buttons(turn, index, view, actions) {
  const button = (text, click, disabled = false) =>
    element("button", { type: "button", disabled, "aria-label": `${text}: answer in message ${index + 1}`, click }, text);
  return element(
    "p",
    { class: "row" },
    button("What it saw", () => actions.look(turn.version, "seen")),
    button("Regenerate", () => actions.regenerate(turn.id), !view.isNewest || view.isBusy),
  );
}

function broken(view, actions) {
  const outside = view.state.turns.filter((turn) => turn.status === "interrupted" || turn.status === "replaced" || turn.status === "rolled_back");
  const newest = view.state.turns.at(-1);
  return outside.map((turn) => {
    const mayGoOn = turn === newest && turn.status === "interrupted" && view.isNewest && !view.isBusy;
    const answer = turn.partial ?? (turn.answer ? textOf(turn.answer) : "");
    return element(
      "li",
      { class: "message broken" },
      element(
        "details",
        { open: mayGoOn },
        element("summary", {}, `An answer that is no part of the conversation: ${words(turn.status)}${turn.reason ? ` (${turn.reason})` : ""}`),
        element("div", { class: "words soft" }, turn.messages.map(textOf).join("\n")),
        element("div", { class: "words" }, markdown(answer)),
        mayGoOn
          ? element(
              "p",
              { class: "row" },
              element("button", { type: "button", disabled: answer === "", click: () => actions.acknowledge(turn.id, answer) }, "Keep what was shown"),
              element("button", { type: "button", click: () => actions.regenerate(turn.id) }, "Answer again"),
            )
          : null,
      ),
    );
  });
}

/** The answer that is being made: shown as it comes, spoken in whole sentences. */
export class LiveAnswer {
  #text = "";
  #spoken = 0;
  #words = element("div", { class: "words" });
  #spokenTo;

  constructor(spokenTo) {
    this.#spokenTo = spokenTo;
    this.item = element("li", { class: "message kept", "aria-busy": "true" }, element("h3", {}, "assistant ", element("span", { class: "soft" }, "is answering")), this.#words);
  }

  add(text) {
    this.#text += text;
    this.#words.textContent = this.#text;
    const end = Math.max(...[". ", "! ", "? ", "\n"].map((mark) => this.#text.lastIndexOf(mark)));
    if (end >= this.#spoken) {
      this.#speak(end + 1);
    }
  }

  /** Speaks what is left of it. */
  end() {
    this.#speak(this.#text.length);
  }

  #speak(end) {
    const sentence = this.#text.slice(this.#spoken, end).trim();
    this.#spoken = end;
    if (sentence !== "") {
      this.#spokenTo.append(element("p", {}, sentence));
    }
  }
}
