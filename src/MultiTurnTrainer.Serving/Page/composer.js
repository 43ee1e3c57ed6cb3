// Where a message is written, and a constraint.
import { disable, element } from "./dom.js";

/** The form below a conversation: made once, so that what is being written stays. */
export class Composer {
  #text;
  #model;
  #send;
  #stop;
  #maySend = true;
  #note = element("p", { id: "composer-note", class: "soft" });

  constructor(models, actions) {
    this.#text = element("textarea", { id: "message", "aria-describedby": "composer-note", keydown: (event) => this.#key(event) });
    this.#model = element("select", { id: "model" }, models.map((name) => element("option", { value: name }, name)));
    this.#send = element("button", { type: "submit" }, "Send");
    this.#stop = element("button", { type: "button", hidden: true, click: () => actions.stop() }, "Stop");
    this.root = element(
      "form",
      { class: "composer", submit: (event) => this.#submit(event, actions) },
      element("label", { for: "message" }, "Message"),
      this.#text,
      this.#note,
      element(
        "p",
        { class: "row" },
        this.#send,
        this.#stop,
        models.length > 1 ? [element("label", { for: "model" }, "Model"), this.#model] : [],
      ),
    );
  }

  /** The model that is asked for; null for the standard one. */
  get model() {
    return this.#model.isConnected ? this.#model.value : null;
  }

  show({ isNewest, isBusy }) {
    this.#maySend = isNewest && !isBusy;
    disable(this.#send, !this.#maySend);
    this.#stop.hidden = !isBusy;
    this.#note.textContent = isNewest
      ? "Enter sends, Shift and Enter begins a line."
      : "You look at an earlier version: go to the newest to say something, or fork here.";
  }

  focus() {
    this.#text.focus();
  }

  /** Gives a text back that could not be sent. */
  restore(text) {
    this.#text.value ||= text;
  }

  #key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.root.requestSubmit();
    }
  }

  #submit(event, actions) {
    event.preventDefault();
    const text = this.#text.value;
    if (text.trim() !== "" && this.#maySend) {
      this.#text.value = "";
      // Until what becomes of it is shown: one text is said at a time.
      this.#maySend = false;
      actions.say(text);
    }
  }
}

/** The form that adds a constraint. */
export function constraintForm(actions) {
  const text = element("input", { id: "constraint" });
  const always = element("input", { type: "checkbox", id: "non-negotiable" });
  return element(
    "form",
    {
      submit: async (event) => {
        event.preventDefault();
        const wanted = text.value;
        text.value = "";
        if (wanted.trim() !== "" && !(await actions.constrain(wanted, always.checked))) {
          text.value ||= wanted;
        }
      },
    },
    element("p", { class: "row" }, element("label", { for: "constraint" }, "Another constraint"), text, element("span", {}, always, " ", element("label", { for: "non-negotiable" }, "not negotiable")), element("button", { type: "submit" }, "Add")),
  );
}
