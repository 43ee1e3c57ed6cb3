// How full the window is, what of, and at which sizes the policy acts.
import { element, number, percent, words } from "./dom.js";

/** The class of a part, which has its colour. */
export const colour = (kind) => `kind-${kind}`;

/** The gauge, its legend and the thresholds. */
export function gauge(context) {
  const parts = partsOf(context);
  const width = (tokens) => `${Math.max(0, Math.min(100, (100 * tokens) / context.window))}%`;
  const summary =
    `${number(context.tokens)} of ${number(context.budget)} tokens, ${percent(context.tokens / context.budget)} of the budget. ` +
    parts.map((part) => `${words(part.kind)} ${number(part.tokens)}`).join(", ");
  const reserve = styled(element("div", { class: "reserve" }), "width", width(context.parts.reserve));
  const bars = parts.map((part) => styled(element("div", { class: `part ${colour(part.kind)}` }), "width", width(part.tokens)));
  const marks = context.steps
    .filter((step) => step.at !== null)
    .map((step) => styled(element("div", { class: "mark" }, element("span", {}, percent(step.when.fraction))), "left", width(step.at)));
  return [
    element("div", { class: "gauge", role: "img", "aria-label": summary }, bars, reserve, marks),
    element(
      "ul",
      { class: "kinds" },
      parts.map((part) => legend(colour(part.kind), `${words(part.kind)} ${number(part.tokens)}`)),
      element("li", {}, `kept for the answer ${number(context.parts.reserve)}`),
    ),
    element("h3", {}, "Thresholds"),
    context.steps.length === 0
      ? element("p", {}, "The policy has no steps.")
      : element("ul", { class: "thresholds" }, context.steps.map((step) => threshold(step, context))),
  ];
}

const legend = (kind, text) => element("li", {}, element("span", { class: `swatch ${kind}` }), text);

/** Tokens by kind, in the prompt's order. What the items do not count stands around them. */
function partsOf(context) {
  const sums = new Map();
  for (const item of context.items) {
    sums.set(item.kind, (sums.get(item.kind) ?? 0) + item.tokens);
  }
  const counted = [...sums].map(([kind, tokens]) => ({ kind, tokens }));
  const rest = context.tokens - context.parts.tools - counted.reduce((sum, part) => sum + part.tokens, 0);
  return [
    ...counted,
    ...(context.parts.tools > 0 ? [{ kind: "tools", tokens: context.parts.tools }] : []),
    ...(rest > 0 ? [{ kind: "template", tokens: rest }] : []),
  ];
}

function threshold(step, context) {
  const left = step.at === null ? null : step.at - context.tokens;
  const reached = left === null ? "" : left <= 0 ? " Reached." : ` Not reached: ${number(left)} tokens to go.`;
  return element("li", {}, `${when(step.when, step.at)}: ${step.do.map(words).join(", ")}, down to ${percent(step.to)}.${reached}`);
}

function when(trigger, at) {
  const conditions = [
    trigger.fraction === null ? null : `${percent(trigger.fraction)} of the budget${at === null ? "" : ` (${number(at)} tokens)`}`,
    trigger.tokens === null ? null : `${number(trigger.tokens)} tokens`,
    trigger.turns === null ? null : `${number(trigger.turns)} turns`,
    trigger.messages === null ? null : `${number(trigger.messages)} messages`,
    ...trigger.all.map((part) => when(part, null)),
    trigger.any.length === 0 ? null : trigger.any.map((part) => when(part, null)).join(" or "),
  ];
  return `At ${conditions.filter((condition) => condition !== null).join(" and ")}`.replaceAll(/(and|or) At /g, "$1 ");
}

// Sizes are set through the object model: the content policy takes no style attributes.
function styled(node, property, value) {
  node.style.setProperty(property, value);
  return node;
}
