// Drives a running server with npm's openai client, unmodified; prints what it saw as one JSON object.
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.argv[2] + "/v1", apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: "hello" }];
const seen = {};

seen.models = (await client.models.list()).data.map((model) => model.id);

const whole = await client.chat.completions.create({ model: "served", messages });
seen.chat = whole.choices[0].message.content;

let streamed = "";
for await (const chunk of await client.chat.completions.create({ model: "served", messages, stream: true })) {
  streamed += chunk.choices[0].delta.content ?? "";
}
seen.streamed = streamed;

const session = await client.post("/sessions", { body: {} });
const headers = { "mtt-session": session.id };
for (const text of ["one", "two"]) {
  const stream = client.chat.completions.stream(
    { model: "served", messages: [{ role: "user", content: text }] },
    { headers },
  );
  seen[text] = await stream.finalContent();
}

const tool = { type: "function", function: { name: "weather", parameters: { type: "object", properties: {} } } };
const called = await client.chat.completions.create(
  { model: "served", messages: [{ role: "user", content: "call a tool" }], tools: [tool] },
  { headers },
);
const call = called.choices[0].message.tool_calls[0];
seen.call = call.function;
const told = await client.chat.completions.create(
  { model: "served", messages: [{ role: "tool", tool_call_id: call.id, content: "sunny" }] },
  { headers },
);
seen.told = told.choices[0].message.content;

const first = await client.responses.create({ model: "served", input: "first" });
const second = await client.responses.create({ model: "served", input: "second", previous_response_id: first.id });
seen.responses = [first.output_text, second.output_text];
const events = [];
const stream = client.responses.stream({ model: "served", input: "third", previous_response_id: second.id });
for await (const event of stream) {
  events.push(event.type);
}
seen.events = events;
seen.final = (await stream.finalResponse()).output_text;
seen.read = (await client.responses.retrieve(first.id)).output_text;

const conversation = await client.conversations.create({ metadata: { topic: "test" } });
await client.responses.create({ model: "served", input: "in a conversation", conversation: conversation.id });
const items = await client.conversations.items.list(conversation.id, { order: "asc" });
seen.items = items.data.map((item) => item.content[0].text);
seen.deleted = (await client.conversations.delete(conversation.id)).deleted;

try {
  await client.responses.create({ model: "served", input: "x", background: true });
} catch (problem) {
  seen.error = [problem.status, problem.code, problem.param];
}

console.log(JSON.stringify(seen));
