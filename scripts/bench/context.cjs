// make COUNT: conversations of 200 turns with constraints and tools, always the same. trim FILE: trimMessages before every answer of them.
const fs = require("fs");

function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
}

function make(count) {
  const words = "the lamp order blue blinks when base button hold seconds turns warranty app cable return label ticket status weight light".split(" ");
  for (let c = 0; c < count; c++) {
    const next = random(c + 1);
    const text = (most) => Array.from({ length: 3 + next(most) }, () => words[next(words.length)]).join(" ");
    const messages = [{ role: "system", content: "You are the support assistant for the Lumo desk lamp. " + text(40) }];
    for (let turn = 0; turn < 200; turn++) {
      const rule = turn % 40 === 3 ? `Never mention the ${words[next(words.length)]} ${turn}. ` : "";
      messages.push({ role: "user", content: `${rule}What about ${text(20)}?` });
      if (next(4) === 0) {
        const call = { id: `c${turn}`, type: "function", function: { name: "look_up", arguments: JSON.stringify({ q: turn }) } };
        messages.push({ role: "assistant", content: "", tool_calls: [call] });
        messages.push({ role: "tool", tool_call_id: `c${turn}`, content: JSON.stringify({ id: turn, text: text(150) }) });
      }
      messages.push({ role: "assistant", content: text(60) + "." });
    }
    console.log(JSON.stringify({ id: `chat-${c}`, messages }));
  }
}

async function trim(path) {
  const { AIMessage, HumanMessage, SystemMessage, ToolMessage, trimMessages } = require("@langchain/core/messages");
  const made = (m) =>
    m.role === "system" ? new SystemMessage(m.content)
    : m.role === "user" ? new HumanMessage(m.content)
    : m.role === "tool" ? new ToolMessage({ content: m.content, tool_call_id: m.tool_call_id })
    : new AIMessage({ content: m.content, tool_calls: (m.tool_calls || []).map((c) => ({ id: c.id, name: c.function.name, args: JSON.parse(c.function.arguments) })) });
  const chats = fs.readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line).messages.map(made));
  // A counter that costs nothing: every message is counted once.
  const known = new Map();
  const count = (m) => known.get(m) ?? (known.set(m, 4 + Math.ceil(m.content.length / 4)), known.get(m));
  const tokenCounter = (messages) => messages.reduce((sum, m) => sum + count(m), 0);
  const options = { maxTokens: 3276, strategy: "last", tokenCounter, includeSystem: true, startOn: "human", allowPartial: false };
  const limit = Math.min(chats.length, 10);
  let plans = 0;
  const start = process.hrtime.bigint();
  for (const chat of chats.slice(0, limit)) {
    for (let i = 0; i < chat.length; i++) {
      if (chat[i].getType() === "ai") {
        await trimMessages(chat.slice(0, i), options);
        plans++;
      }
    }
  }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  console.log(JSON.stringify({ conversations: limit, plans, plans_s: Math.round(plans / seconds) }));
}

const [, , what, argument] = process.argv;
if (what === "make") make(Number(argument));
else trim(argument);
