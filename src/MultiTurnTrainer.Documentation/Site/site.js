// The site works without this; with it there is a search and a choice of colours.
"use strict";
(() => {
  const root = document.documentElement;
  // A browser may refuse to remember: then the system's choice counts on every page.
  const remember = {
    get: () => { try { return localStorage.getItem("mtt-theme"); } catch { return null; } },
    set: (theme) => { try { localStorage.setItem("mtt-theme", theme); } catch { /* it holds for this page */ } },
  };
  const kept = remember.get();
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;

  function offerThemes() {
    const button = document.querySelector(".theme");
    const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      remember.set(root.dataset.theme);
      name();
    });
    button.hidden = false;
    name();
  }

  // As ManualSearch counts.
  function find(sections, query) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    const score = (section) => {
      let sum = 0;
      for (const word of words) {
        const found = (section.heading.includes(word) ? 8 : 0) + (section.title.includes(word) ? 4 : 0)
          + Math.min(3, section.text.split(word).length - 1);
        if (found === 0) return 0;
        sum += found;
      }
      return sum;
    };
    return sections.map((section) => ({ section, score: score(section) })).filter((found) => found.score > 0)
      .sort((one, other) => other.score - one.score).map((found) => found.section);
  }

  function part(text, word) {
    const at = Math.max(0, text.toLowerCase().indexOf(word) - 50);
    return (at > 0 ? "…" : "") + text.slice(at, at + 150) + (text.length > at + 150 ? "…" : "");
  }

  function element(tag, text, properties = {}) {
    return Object.assign(document.createElement(tag), { textContent: text }, properties);
  }

  function offerSearch() {
    const box = document.querySelector(".search");
    const input = box.querySelector("input");
    const list = box.querySelector(".found");
    let sections = null;

    function show() {
      const query = input.value.trim();
      if (query.length < 2 || sections === null) { list.replaceChildren(); return; }
      const found = find(sections, query);
      list.replaceChildren(...found.slice(0, 20).map((section) => {
        const [address, title, heading, text] = section.entry;
        const link = element("a", heading === title ? title : `${title} › ${heading}`, { href: address });
        link.append(element("span", part(text, query.toLowerCase().split(/\s+/)[0])));
        return link;
      }));
      if (found.length === 0) list.append(element("span", "Nothing has all of these words."));
    }

    // The words are loaded with the first look at the search.
    function load() {
      if (sections !== null || document.querySelector("script[src='search-index.js']")) return;
      const script = element("script", "", { src: "search-index.js" });
      script.addEventListener("load", () => {
        sections = window.mttSections.map((entry) =>
          ({ entry, title: entry[1].toLowerCase(), heading: entry[2].toLowerCase(), text: entry[3].toLowerCase() }));
        show();
      });
      document.head.append(script);
    }

    box.hidden = false;
    input.addEventListener("focus", load);
    input.addEventListener("input", show);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") list.querySelector("a")?.click();
      if (event.key === "Escape") { input.value = ""; show(); }
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && document.activeElement !== input) { event.preventDefault(); input.focus(); }
    });
    list.addEventListener("click", () => list.replaceChildren());
  }

  document.addEventListener("DOMContentLoaded", () => { offerThemes(); offerSearch(); });
})();
