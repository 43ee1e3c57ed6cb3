"""Writes language.jsonl: small templates of our own and what jinja2 3.1.6 makes of them, set up as transformers does.

Run with a Python that has jinja2: python3 make_language.py > language.jsonl
"""
import json
import sys
from datetime import datetime

import jinja2
import jinja2.ext
from jinja2.exceptions import SecurityError, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_run"), [], [], body).set_lineno(line)

    def _run(self, caller):
        return caller()


class Raised(TemplateError):
    pass


def raise_exception(message):
    raise Raised(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


env = ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
)
env.filters["tojson"] = tojson
env.globals["raise_exception"] = raise_exception
env.globals["strftime_now"] = lambda f: datetime(2026, 1, 5, 14, 7, 9).strftime(f)

MESSAGES = [
    {"role": "system", "content": " Sys. "},
    {"role": "user", "content": "Hi <b>\n\ttwo"},
    {
        "role": "assistant",
        "content": "été 👍🏽 ok",
        "tool_calls": [
            {"id": "a1", "function": {"name": "f", "arguments": {"x": 1, "y": [1.0, "z'\"", None, True], "k k": {}}}}
        ],
    },
]
KWARGS = {
    "n": 3,
    "f": 2.5,
    "big": 12345678901234567890,
    "neg": -7,
    "t": True,
    "none": None,
    "words": ["pear", "Apple", "fig", "apple"],
    "nums": [3, 1, 2],
    "d": {"b": 2, "a": 1, "C": [1, {"x": "y"}]},
    "rows": [{"n": "x", "v": 2, "g": "A"}, {"n": "y", "v": 1, "g": "b"}, {"n": "z", "v": 2, "g": "a"}],
    "s": "  Hello, World  ",
    "u": "straße ΑΣ ǆ ﬁ İ",
    "tree": [{"v": 1, "c": [{"v": 2, "c": []}, {"v": 3, "c": [{"v": 4, "c": []}]}]}],
    "html": "<a href='x'>&\"</a>",
    "e": "",
}

SNIPPETS = open(__file__.replace("make_language.py", "snippets.txt"), encoding="utf-8").read().split("\n---\n")


def render(source):
    try:
        template = env.from_string(source)
    except (TemplateSyntaxError, SyntaxError):
        return {"error": "syntax"}
    variables = dict(KWARGS)
    try:
        text = template.render(
            messages=MESSAGES, tools=None, documents=None, add_generation_prompt=False, bos_token="<s>", eos_token="</s>",
            **variables,
        )
        text.encode("utf-8")
        return {"text": text}
    except Raised as problem:
        return {"error": "raise_exception", "message": str(problem)}
    except SecurityError:
        return {"error": "security"}
    except UndefinedError:
        return {"error": "undefined"}
    except Exception as problem:
        return {"error": "type"}


print(json.dumps({"messages": MESSAGES, "kwargs": KWARGS}, ensure_ascii=False))
for snippet in SNIPPETS:
    snippet = snippet.removesuffix("\n") if snippet is SNIPPETS[-1] else snippet
    print(json.dumps({"template": snippet, **render(snippet)}, ensure_ascii=False))
