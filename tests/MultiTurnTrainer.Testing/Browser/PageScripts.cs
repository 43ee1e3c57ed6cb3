namespace MultiTurnTrainer.Testing.Browser;

/// <summary>What the tests ask a page in its own language.</summary>
public static class PageScripts
{
    /// <summary>
    /// The texts whose contrast with what they stand on is less than 4.5 to 1, and fields, swatches and bars whose colour has less than
    /// 3 to 1, as WCAG 2.2 AA counts them; <c>checked</c> says how many were looked at.
    /// </summary>
    public const string Contrast = """
        (() => {
          const channels = (text) => {
            const [r, g, b, alpha = 1] = text.match(/[\d.]+(?:e-?\d+)?/g).map(Number);
            return text.startsWith("color(") ? [r * 255, g * 255, b * 255, alpha] : [r, g, b, alpha];
          };
          const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
          const ground = (node) => {
            if (node === null) { return channels(getComputedStyle(document.documentElement).colorScheme.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches ? "rgb(18,18,18)" : "rgb(255,255,255)"); }
            const own = channels(getComputedStyle(node).backgroundColor);
            return own[3] === 1 ? own : over(own, ground(node.parentElement));
          };
          const light = (color) => {
            const [r, g, b] = color.map((value) => value / 255).map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const ratio = (one, other) => {
            const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
            return (high + 0.05) / (low + 0.05);
          };
          const bad = [];
          let checked = 0;
          const check = (what, color, below, least) => {
            checked++;
            const found = ratio(over(channels(color), below), below);
            if (found < least) { bad.push(`${what}: ${found.toFixed(2)}`); }
          };
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const node = walker.currentNode.parentElement;
            if (walker.currentNode.data.trim() !== "" && node.checkVisibility() && !node.disabled) {
              check(`text "${walker.currentNode.data.trim().slice(0, 40)}"`, getComputedStyle(node).color, ground(node), 4.5);
            }
          }
          for (const field of document.querySelectorAll("input:not([disabled]), textarea, button:not([disabled], .events *), select")) {
            if (field.checkVisibility()) { check(`border of ${field.id || field.textContent}`, getComputedStyle(field).borderTopColor, ground(field.parentElement), 3); }
          }
          for (const part of document.querySelectorAll(".swatch, .gauge .part")) {
            check(`colour of ${part.className}`, getComputedStyle(part).backgroundColor, ground(part.parentElement), 3);
          }
          return { bad, checked };
        })()
        """;

    /// <summary>Elements that reach beyond the window's right side; those in a box that scrolls itself do not count.</summary>
    public const string TooWide = """
        [...document.querySelectorAll("body *")]
          .filter((node) => {
            for (let box = node.parentElement; box !== document.body && box !== null; box = box.parentElement) {
              if (getComputedStyle(box).overflowX !== "visible") { return false; }
            }
            return node.checkVisibility() && !node.closest(".hidden, .skip") && node.getBoundingClientRect().right > innerWidth + 0.5;
          })
          .map((node) => node.outerHTML.slice(0, 120))
          .concat(document.scrollingElement.scrollWidth > innerWidth ? [`the page has ${document.scrollingElement.scrollWidth} px`] : [])
        """;

    /// <summary>What could run, or point somewhere, that the page's own files do not hold.</summary>
    public const string Foreign = """
        [...document.querySelectorAll("*")]
          .filter((node) =>
            ["IMG", "SVG", "IFRAME", "OBJECT", "EMBED", "STYLE", "BASE", "FORM", "MATH", "TEMPLATE"].includes(node.tagName.toUpperCase()) && !node.matches("form.composer, form:has(#constraint)") ||
            node.tagName === "SCRIPT" && node.getAttribute("src") !== "/page/page.js" ||
            [...node.attributes].some((one) => one.name.startsWith("on") || one.name === "srcdoc" || one.name === "formaction") ||
            node.tagName === "A" && !/^(https?:\/\/|\/$|\/sessions\/[0-9a-f]{64}$|#)/.test(node.getAttribute("href")))
          .map((node) => node.outerHTML.slice(0, 200))
        """;

    /// <summary>What can be reached with the keyboard, in no order.</summary>
    public const string Reachable = """
        [...document.querySelectorAll("a[href], button:not([disabled]), textarea, input:not([disabled]), select, summary, [tabindex='0']")]
          .filter((node) => node.checkVisibility())
        """;
}
