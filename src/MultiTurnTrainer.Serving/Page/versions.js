// The versions of a session: one an event, to step through and to fork at.
import { disable, element, words } from "./dom.js";

/** The stepper: made once, so that the focus stays where it is; `show` says which version it stands at. */
export class Versions {
  #actions;
  #earlier;
  #later;
  #newest;
  #fork;
  #range;
  #text = element("p", { role: "status" });
  #list = element("ol", { class: "events" });
  #view = { version: 0, latest: 0, events: [] };
  // Where it is being moved to: faster than what is there can be shown.
  #target = 0;

  constructor(actions) {
    this.#actions = actions;
    const button = (text, click) => element("button", { type: "button", click }, text);
    this.#earlier = button("Earlier", () => this.#step(-1));
    this.#later = button("Later", () => this.#step(1));
    this.#newest = button("Newest", () => actions.look(this.#view.latest));
    this.#fork = button("Fork here", () => actions.fork(this.#view.version));
    this.#range = element("input", { type: "range", min: "1", step: "1", "aria-label": "Version", change: () => actions.look(Number(this.#range.value)) });
    this.root = element(
      "section",
      { "aria-label": "Versions", hidden: true },
      element("h2", {}, "Versions"),
      element("div", { class: "row stepper" }, this.#earlier, this.#range, this.#later, this.#newest, this.#fork),
      this.#text,
      element("details", {}, element("summary", {}, "All versions"), this.#list),
    );
  }

  show(view) {
    this.#view = view;
    this.#target = view.version;
    this.root.hidden = false;
    this.#range.max = view.latest;
    this.#range.value = view.version;
    this.#range.setAttribute("aria-valuetext", this.#describe(view.version));
    disable(this.#earlier, view.version <= 1);
    disable(this.#later, view.version >= view.latest);
    disable(this.#newest, view.version >= view.latest);
    this.#text.textContent = `Version ${view.version} of ${view.latest}: ${this.#describe(view.version)}`;
    this.#list.replaceChildren(...view.events.map((event) => this.#item(event)));
  }

  #item(event) {
    return element(
      "li",
      {},
      element(
        "button",
        { type: "button", "aria-current": event.version === this.#view.version ? "true" : null, click: () => this.#actions.look(event.version) },
        `${event.version} · ${this.#describe(event.version)}`,
      ),
    );
  }

  #describe(version) {
    const event = this.#view.events[version - 1];
    return event ? `${words(event.kind)}, ${event.at.slice(0, 19).replace("T", " ")} UTC` : "";
  }

  #step(by) {
    this.#target = Math.min(this.#view.latest, Math.max(1, this.#target + by));
    this.#actions.look(this.#target);
  }
}
