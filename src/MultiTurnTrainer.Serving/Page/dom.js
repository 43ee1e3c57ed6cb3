// Elements from texts. A text is only ever a text: nothing here, or anywhere on the page, reads HTML.

/** Makes an element: attributes (null and false leave one out, a function listens), then children. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      made.addEventListener(key, value);
    } else if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(key, value === true ? "" : value);
    }
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** Says that a button does nothing now. It can still have the focus: a keyboard's reader does not lose their place. */
export const disable = (button, isOff) => button.setAttribute("aria-disabled", String(isOff));

/** A number as people read it. */
export const number = (value) => Math.round(value).toLocaleString("en");

/** A count with its noun. */
export const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;

/** A name of the API as words. */
export const words = (name) => name.replaceAll("_", " ");

/** A share in whole per cent. */
export const percent = (share) => `${Math.round(share * 100)} %`;
