// The right side: what the model really sees.
import { counted, element, number, words } from "./dom.js";
import { colour, gauge } from "./gauge.js";

/** The elements of a prompt at a version. */
export function seen(view, actions) {
  const { context } = view;
  return [
    size(view),
    ...gauge(context),
    element("h3", {}, "Constraints"),
    ...constraints(view, actions),
    element("h3", {}, "What went, and why"),
    ...gone(view),
    element("h3", {}, "The prompt, part by part"),
    parts(view),
    context.text === null
      ? null
      : element(
          "details",
          {},
          element("summary", {}, "The prompt as the model's template prints it"),
          element("pre", { tabindex: "0" }, context.text),
        ),
  ];
}

function size({ context, state, sent }) {
  const modes = { full: "everything that was said", summarised: "what is gone was shortened", facts: "of what is gone only key facts" };
  return element(
    "p",
    {},
    `${state.pending ? "The prompt of the answer that was begun here" : "The prompt so far, before the next message"}: `,
    element("strong", {}, `${number(context.tokens)} of ${counted(context.budget, "token")}`),
    `${context.estimated ? ", estimated" : ""}; ${modes[context.mode]}. ` +
      `Without the policy it would have ${number(context.naive_tokens)}. ${proof(context, sent)}`,
  );
}

/** Whether this is the prompt that the log says was sent. */
function proof(context, sent) {
  return sent === null ? ""
    : sent === context.hash ? "It is, by its hash, the prompt that was sent."
    : "Another one was sent then: the policy or the model has changed since, or the model found it too long.";
}

function constraints(view, actions) {
  const { context, state } = view;
  const apart = state.constraints.filter((constraint) => constraint.active);
  const all = [
    ...context.constraints.map((constraint) =>
      element(
        "li",
        {},
        `“${constraint.text}” `,
        element("span", { class: "soft" }, `set in turn ${constraint.turn + 1}, `),
        source(constraint.message),
        element("span", { class: "soft" }, [
          constraint.non_negotiable ? ", not negotiable" : "",
          constraint.uncertain ? ", maybe a demand: kept word for word" : "",
        ]),
      ),
    ),
    ...apart.map((constraint) =>
      element(
        "li",
        {},
        `“${constraint.text}” `,
        element("span", { class: "soft" }, `stated apart, from turn ${constraint.from + 1}${constraint.non_negotiable ? ", not negotiable" : ""} `),
        view.isNewest
          ? element("button", { type: "button", "aria-label": `Withdraw: ${constraint.text}`, click: () => actions.withdraw(constraint.id) }, "Withdraw")
          : null,
      ),
    ),
  ];
  return [all.length === 0 ? element("p", {}, "None.") : element("ul", { class: "constraints" }, all)];
}

function gone({ context, events, version }) {
  const compressed = events.filter((event) => event.kind === "context_compressed" && event.version <= version);
  const all = [
    ...context.left_out.map((left) =>
      element("li", {}, range(left.first, left.last), `: ${counted(left.tokens, "token")}, ${left.reason}.`),
    ),
    ...context.applied.map((step) =>
      element("li", {}, `Before this prompt: ${step.what}, ${number(step.before)} → ${counted(step.after, "token")}.`),
    ),
    ...compressed.map((event) =>
      element("li", {}, `At version ${event.version}: ${event.data.what.join(", ")}, ${number(event.data.before)} → ${counted(event.data.after, "token")}.`),
    ),
  ];
  return [all.length === 0 ? element("p", {}, "Nothing: the prompt holds all that was said.") : element("ul", { class: "gone" }, all)];
}

function parts({ context, messages }) {
  return element(
    "ol",
    { class: "parts" },
    context.items.map((item) =>
      element(
        "li",
        { class: colour(item.kind) },
        element("span", { class: "swatch" }),
        element("strong", {}, item.kind === "message" ? `message of ${messages[item.sources[0]].role}` : words(item.kind)),
        ` ${counted(item.tokens, "token")} `,
        element("span", { class: "soft" }, item.reason, item.sources.length > 0 ? " · " : ""),
        item.sources.length > 0 ? range(item.sources[0], item.sources.at(-1)) : null,
        element("div", { class: "words", tabindex: "0", role: "group", "aria-label": `Text of this ${words(item.kind)}` }, item.text ?? textOf(messages[item.sources[0]])),
      ),
    ),
  );
}

const source = (message, text = `message ${message + 1}`) => element("a", { href: `#m${message}` }, text);

const range = (first, last) =>
  first === last ? source(first) : element("span", {}, "messages ", source(first, `${first + 1}`), " to ", source(last, `${last + 1}`));

/** The words of a message; calls of tools as they stand in the record. */
export function textOf(message) {
  const content = message?.content ?? "";
  const text = typeof content === "string" ? content : content.map((part) => part.text ?? `[${part.type}]`).join("\n");
  const calls = (message?.tool_calls ?? []).map((call) => `${call.function?.name}(${call.function?.arguments})`);
  return [text, ...calls].filter((part) => part !== "").join("\n");
}
