// Folder ResponsesApi: OpenAI's Responses and Conversations, for text and tools, over sessions.
// Refuses to know: how an answer is made, how events are kept.
using MultiTurnTrainer.Serving.Http;

namespace MultiTurnTrainer.Serving.ResponsesApi;

/// <summary>From the items of the Responses API to messages, and back.</summary>
internal static class ResponseItems
{
    /// <summary>The messages of an <c>input</c>: a text, or a list of items.</summary>
    /// <exception cref="ApiException">An item is of a kind that is not supported, or cannot be meant.</exception>
    public static JsonArray ToMessages(JsonNode? input, string param = "input") =>
        input switch
        {
            JsonValue value when value.TryGetValue(out string? text) =>
            [
                new JsonObject { ["role"] = "user", ["content"] = text },
            ],
            JsonArray list => ToMessages(list, param),
            _ => throw ApiException.Invalid(param, "must be a string or a list of items"),
        };

    /// <summary>A message as items, with ids that follow from its place.</summary>
    public static IEnumerable<JsonObject> ToItems(JsonObject message, string id)
    {
        string role = (string?)message["role"] ?? "user";
        if (role == "tool")
        {
            yield return new JsonObject
            {
                ["id"] = $"fco_{id}",
                ["type"] = "function_call_output",
                ["status"] = "completed",
                ["call_id"] = message["tool_call_id"]?.DeepClone(),
                ["output"] = message["content"]?.DeepClone(),
            };
            yield break;
        }

        if (TextOf(message["content"]) is { Length: > 0 } text || message["tool_calls"] is not JsonArray)
        {
            yield return Message(id, role, TextOf(message["content"]), "completed");
        }

        int number = 0;
        foreach (JsonNode? call in message["tool_calls"] as JsonArray ?? [])
        {
            yield return Call(Invariant($"{id}_{number++}"), call!.AsObject(), "completed");
        }
    }

    /// <summary>A message item.</summary>
    public static JsonObject Message(string id, string role, string text, string status) =>
        new()
        {
            ["id"] = $"msg_{id}",
            ["type"] = "message",
            ["status"] = status,
            ["role"] = role,
            ["content"] =
                status == "in_progress"
                    ? new JsonArray()
                    : new JsonArray(role == "assistant" ? Part(text) : Input(text)),
        };

    /// <summary>A part of an answer.</summary>
    public static JsonObject Part(string text) =>
        new()
        {
            ["type"] = "output_text",
            ["text"] = text,
            ["annotations"] = new JsonArray(),
            ["logprobs"] = new JsonArray(),
        };

    /// <summary>A call item.</summary>
    public static JsonObject Call(string id, JsonObject call, string status) =>
        new()
        {
            ["id"] = $"fc_{id}",
            ["type"] = "function_call",
            ["status"] = status,
            ["call_id"] = call["id"]?.DeepClone(),
            ["name"] = call["function"]?["name"]?.DeepClone(),
            ["arguments"] = status == "in_progress" ? "" : call["function"]?["arguments"]?.DeepClone(),
        };

    /// <summary>Tools as chat completions declare them.</summary>
    /// <exception cref="ApiException">One is no function.</exception>
    public static JsonArray ToTools(JsonArray tools)
    {
        JsonArray result = [];
        for (int i = 0; i < tools.Count; i++)
        {
            if (tools[i] is not JsonObject tool || (string?)(tool["type"] as JsonValue) != "function")
            {
                throw ApiException.Unsupported(Invariant($"tools[{i}].type"));
            }

            JsonObject function = [];
            foreach (string member in new[] { "name", "description", "parameters", "strict" })
            {
                if (tool[member] is { } value)
                {
                    function[member] = value.DeepClone();
                }
            }

            result.Add((JsonNode)new JsonObject { ["type"] = "function", ["function"] = function });
        }

        return result;
    }

    private static JsonArray ToMessages(JsonArray list, string param)
    {
        JsonArray messages = [];
        for (int i = 0; i < list.Count; i++)
        {
            string place = Invariant($"{param}[{i}]");
            JsonObject item = list[i] as JsonObject ?? throw ApiException.Invalid(place, "must be an object");
            string type = Json.Text(item, "type") ?? "message";
            switch (type)
            {
                case "message":
                    messages.Add((JsonNode)Said(item, place));
                    break;
                case "function_call":
                    AddCall(messages, item);
                    break;
                case "function_call_output":
                    messages.Add(
                        (JsonNode)
                            new JsonObject
                            {
                                ["role"] = "tool",
                                ["tool_call_id"] = Json.Text(item, "call_id"),
                                ["content"] = TextOf(item["output"]),
                            }
                    );
                    break;
                default:
                    throw ApiException.Unsupported($"{place}.type");
            }
        }

        return messages;
    }

    private static JsonObject Said(JsonObject item, string place)
    {
        foreach (JsonNode? part in item["content"] as JsonArray ?? [])
        {
            if ((string?)(part?["type"] as JsonValue) is not ("input_text" or "output_text" or "text" or "refusal"))
            {
                throw ApiException.Unsupported($"{place}.content.type");
            }
        }

        return new JsonObject { ["role"] = Json.Text(item, "role") ?? "user", ["content"] = TextOf(item["content"]) };
    }

    // Calls of one answer stand side by side in a list of items, and in one message of a chat.
    private static void AddCall(JsonArray messages, JsonObject item)
    {
        JsonObject call = new()
        {
            ["id"] = Json.Text(item, "call_id"),
            ["type"] = "function",
            ["function"] = new JsonObject
            {
                ["name"] = Json.Text(item, "name"),
                ["arguments"] = Json.Text(item, "arguments") ?? "{}",
            },
        };
        if (messages.LastOrDefault() is JsonObject last && (string?)last["role"] == "assistant")
        {
            JsonArray calls = last["tool_calls"] as JsonArray ?? [];
            last["tool_calls"] = calls;
            calls.Add((JsonNode)call);
            return;
        }

        messages.Add(
            (JsonNode)
                new JsonObject
                {
                    ["role"] = "assistant",
                    ["content"] = null,
                    ["tool_calls"] = new JsonArray(call),
                }
        );
    }

    private static JsonObject Input(string text) => new() { ["type"] = "input_text", ["text"] = text };

    private static string TextOf(JsonNode? content) =>
        content switch
        {
            JsonValue value when value.TryGetValue(out string? text) => text,
            JsonArray parts => string.Concat(
                parts.Select(part => (string?)(part?["text"] as JsonValue) ?? (string?)(part?["refusal"] as JsonValue))
            ),
            _ => "",
        };
}
