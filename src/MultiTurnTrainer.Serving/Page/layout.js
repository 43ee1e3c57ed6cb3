// Where things stand on the page, and what it tells its reader.
import { counted, element } from "./dom.js";

/** As many sessions as are asked for and listed. */
export const mostListed = 200;

export class Layout {
  #app;
  #problem = element("p", { class: "problem", role: "alert", hidden: true });
  #status = element("p", { role: "status", class: "soft" });
  #notice = element("p", { role: "status" });
  #history = element("ol", { class: "history" });
  #seen = element("div");

  /** Where answers are spoken to those who do not see them grow. */
  spoken = element("div", { class: "hidden", role: "log", "aria-live": "polite", "aria-label": "Answers" });

  /** @param app The element whose content, readable without scripts, is replaced. */
  constructor(app) {
    this.#app = app;
  }

  build(session, composer, versions, sessions) {
    const heading = session === null ? "Sessions" : `Session ${session.slice(0, 8)}`;
    document.querySelector("h1").textContent = heading;
    document.title = `${heading} · mtt serve`;
    const skip = (to, text) => element("a", { class: "skip", href: `#${to}` }, text);
    this.#app.replaceChildren(
      element(
        "nav",
        { class: "row", "aria-label": "Page" },
        skip("message", "To the message"),
        skip("seen", "To what the model sees"),
        session === null ? null : element("a", { href: "/" }, "All sessions, and a new one"),
      ),
      this.#problem,
      this.spoken,
      element(
        "div",
        { class: "columns" },
        element(
          "main",
          { id: "chat", tabindex: "-1", "aria-label": "Chat" },
          element("h2", {}, session === null ? "A new session" : "Chat"),
          this.#history,
          this.#status,
          this.#notice,
          composer,
          sessions.length === 0 ? null : [element("h2", {}, "Sessions"), listed(sessions), cut(sessions)],
        ),
        element(
          "aside",
          { class: "seen", id: "seen", tabindex: "-1", "aria-label": "What the model sees" },
          versions,
          element("h2", {}, "What the model sees"),
          this.#seen,
        ),
      ),
    );
  }

  show(history, seen) {
    const focused = document.activeElement?.closest("#chat, #seen");
    this.#history.replaceChildren(...history);
    this.#seen.replaceChildren(...seen.filter((part) => part !== null));
    // What had the focus may be gone: it stays on its side of the page.
    if (document.activeElement === document.body) {
      focused?.focus({ preventScroll: true });
    }
  }

  tell(text) {
    this.#status.textContent = text;
  }

  notify(text) {
    this.#notice.textContent = text;
  }

  fail(text) {
    if (!this.#problem.isConnected) {
      this.#app.replaceChildren(element("p", {}, element("a", { href: "/" }, "All sessions")), this.#problem);
    }
    this.tell("");
    this.#problem.hidden = false;
    this.#problem.textContent = text;
  }

  clear() {
    this.#problem.hidden = true;
  }
}

const cut = (sessions) => (sessions.length < mostListed ? null : element("p", {}, `These are the ${mostListed} that changed last.`));

const listed = (sessions) =>
  element(
    "ul",
    { class: "sessions" },
    sessions.map((one) => {
      const time = new Date(one.updated_at * 1000).toISOString().slice(0, 16).replace("T", " ");
      const user = one.user ? `, ${one.user}` : "";
      return element("li", {}, element("a", { href: `/sessions/${one.id}` }, one.id.slice(0, 8)), ` ${time} UTC, ${counted(one.version, "version")}${user}`);
    }),
  );
