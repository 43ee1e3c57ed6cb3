// Asks for an API key. The page keeps it in this tab's session storage and nowhere else.
import { element } from "./dom.js";

let asked = null;

/** Gives a key; several requests that need one at a time wait for the same answer. */
export function askForKey(wasRefused) {
  asked ??= ask(wasRefused).finally(() => (asked = null));
  return asked;
}

function ask(wasRefused) {
  const key = element("input", { type: "password", id: "key", autocomplete: "current-password", required: true });
  const dialog = element(
    "dialog",
    { "aria-labelledby": "key-heading" },
    element("h2", { id: "key-heading" }, "This server asks for a key"),
    wasRefused ? element("p", { class: "problem", role: "alert" }, "This key is unknown.") : null,
    element(
      "form",
      { method: "dialog" },
      element("p", {}, element("label", { for: "key" }, "API key "), key),
      element("p", { class: "soft" }, "It is kept until this tab is closed."),
      element("button", { type: "submit" }, "Open"),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  // Escape gives no key, whatever was typed.
  dialog.addEventListener("cancel", () => (key.value = ""));
  return new Promise((give, refuse) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (key.value.trim() === "") {
        refuse(new Error("Without a key nothing can be shown. Reload the page to give one."));
      } else {
        give(key.value.trim());
      }
    });
  });
}
