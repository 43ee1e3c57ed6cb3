// The little of Markdown that makes answers readable, as elements. Everything else stays as it was written: HTML and pictures too.
import { element } from "./dom.js";

const fence = /^\s*(```|~~~)[^`]*$/;
const item = /^\s*(?:[-*]|\d+[.)])\s+/;
const heading = /^#{1,6}\s+/;
const inline = /`([^`\n]+)`|\*\*([^*\n]+)\*\*|\[([^[\]\n]+)\]\(([^()\s]+)\)/g;

/** The elements of a text. */
export function markdown(text) {
  const made = document.createDocumentFragment();
  const lines = text.split("\n");
  for (let next = 0; next < lines.length; ) {
    const opened = fence.exec(lines[next]);
    const end = opened ? endOfCode(lines, next + 1, opened[1]) : endOfBlock(lines, next);
    made.append(opened ? code(lines.slice(next + 1, end)) : block(lines.slice(next, end)));
    next = opened ? end + 1 : end;
    while (next < lines.length && lines[next].trim() === "") {
      next++;
    }
  }
  return made;
}

function endOfCode(lines, from, mark) {
  const end = lines.findIndex((line, i) => i >= from && line.trim() === mark);
  return end < 0 ? lines.length : end;
}

function endOfBlock(lines, from) {
  const end = lines.findIndex((line, i) => i > from && (line.trim() === "" || fence.test(line)));
  return end < 0 ? lines.length : end;
}

const code = (lines) => element("pre", { tabindex: "0" }, element("code", {}, lines.join("\n")));

function block(lines) {
  if (lines.every((line) => item.test(line))) {
    const ordered = /^\s*\d/.test(lines[0]);
    return element(ordered ? "ol" : "ul", {}, lines.map((line) => element("li", {}, spans(line.replace(item, "")))));
  }
  return element(
    "p",
    {},
    lines.flatMap((line, i) => [
      i > 0 ? "\n" : "",
      heading.test(line) ? element("strong", {}, spans(line.replace(heading, ""))) : spans(line),
    ].flat()),
  );
}

function spans(text) {
  const made = [];
  let after = 0;
  for (const found of text.matchAll(inline)) {
    made.push(text.slice(after, found.index), span(found));
    after = found.index + found[0].length;
  }
  return [...made, text.slice(after)];
}

function span([whole, codeText, strong, label, target]) {
  if (codeText !== undefined) {
    return element("code", {}, codeText);
  }
  if (strong !== undefined) {
    return element("strong", {}, strong);
  }
  return isWebAddress(target) ? element("a", { href: target, rel: "noopener noreferrer nofollow" }, label) : whole;
}

/** Only addresses of the web are links: javascript:, data: and what is relative stay text. */
function isWebAddress(target) {
  return /^https?:\/\//i.test(target) && URL.canParse(target);
}
