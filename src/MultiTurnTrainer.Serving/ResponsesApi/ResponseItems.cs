// Folder ResponsesApi: OpenAI's Responses and Conversations, for text and tools, over sessions.
// Refuses to know: how an answer is made, how events are kept.
using MultiTurnTrainer.Serving.Http;

namespace MultiTurnTrainer.Serving.ResponsesApi;

/// <summary>From the items of the Responses API to messages, and back.</summary>
internal static class ResponseItems
{
    /// <summary>The messages of an <c>input</c>: a text, or a list of items.</summary>
    /// <exception cref="ApiException">An item is of a kind that is not supported, or cannot be meant.</exception>
    public static List<object?> ToMessages(object? input, string param = "input") =>
        input switch
        {
            string text => [new JsonFields { ["role"] = "user", ["content"] = text }],
            List<object?> list => ToMessages(list, param),
            _ => throw ApiException.Invalid(param, "must be a string or a list of items"),
        };

    /// <summary>A message as items, with ids that follow from its place.</summary>
    public static IEnumerable<JsonFields> ToItems(JsonFields message, string id)
    {
        string role = (string?)message.Get("role") ?? "user";
        if (role == "tool")
        {
            yield return new JsonFields
            {
                ["id"] = $"fco_{id}",
                ["type"] = "function_call_output",
                ["status"] = "completed",
                ["call_id"] = message.Get("tool_call_id"),
                ["output"] = message.Get("content"),
            };
            yield break;
        }

        if (TextOf(message.Get("content")) is { Length: > 0 } text || message.Get("tool_calls") is not List<object?>)
        {
            yield return Message(id, role, TextOf(message.Get("content")), "completed");
        }

        int number = 0;
        foreach (object? call in message.Get("tool_calls") as List<object?> ?? [])
        {
            yield return Call(Invariant($"{id}_{number++}"), (JsonFields)call!, "completed");
        }
    }

    /// <summary>A message item.</summary>
    public static JsonFields Message(string id, string role, string text, string status) =>
        new()
        {
            ["id"] = $"msg_{id}",
            ["type"] = "message",
            ["status"] = status,
            ["role"] = role,
            ["content"] =
                status == "in_progress"
                    ? new List<object?>()
                    : new List<object?> { role == "assistant" ? Part(text) : Input(text) },
        };

    /// <summary>A part of an answer.</summary>
    public static JsonFields Part(string text) =>
        new()
        {
            ["type"] = "output_text",
            ["text"] = text,
            ["annotations"] = new List<object?>(),
            ["logprobs"] = new List<object?>(),
        };

    /// <summary>A call item.</summary>
    public static JsonFields Call(string id, JsonFields call, string status) =>
        new()
        {
            ["id"] = $"fc_{id}",
            ["type"] = "function_call",
            ["status"] = status,
            ["call_id"] = call.Get("id"),
            ["name"] = (call.Get("function") as JsonFields)?.Get("name"),
            ["arguments"] = status == "in_progress" ? "" : (call.Get("function") as JsonFields)?.Get("arguments"),
        };

    /// <summary>Tools as chat completions declare them.</summary>
    /// <exception cref="ApiException">One is no function.</exception>
    public static List<object?> ToTools(List<object?> tools)
    {
        List<object?> result = [];
        for (int i = 0; i < tools.Count; i++)
        {
            if (tools[i] is not JsonFields tool || tool.Get("type") is not "function")
            {
                throw ApiException.Unsupported(Invariant($"tools[{i}].type"));
            }

            JsonFields function = [];
            foreach (string member in new[] { "name", "description", "parameters", "strict" })
            {
                if (tool.Get(member) is { } value)
                {
                    function[member] = value;
                }
            }

            result.Add(new JsonFields { ["type"] = "function", ["function"] = function });
        }

        return result;
    }

    private static List<object?> ToMessages(List<object?> list, string param)
    {
        List<object?> messages = [];
        for (int i = 0; i < list.Count; i++)
        {
            string place = Invariant($"{param}[{i}]");
            JsonFields item = list[i] as JsonFields ?? throw ApiException.Invalid(place, "must be an object");
            string type = Json.Text(item, "type") ?? "message";
            switch (type)
            {
                case "message":
                    messages.Add(Said(item, place));
                    break;
                case "function_call":
                    AddCall(messages, item);
                    break;
                case "function_call_output":
                    messages.Add(
                        new JsonFields
                        {
                            ["role"] = "tool",
                            ["tool_call_id"] = Json.Text(item, "call_id"),
                            ["content"] = TextOf(item.Get("output")),
                        }
                    );
                    break;
                default:
                    throw ApiException.Unsupported($"{place}.type");
            }
        }

        return messages;
    }

    private static JsonFields Said(JsonFields item, string place)
    {
        foreach (object? part in item.Get("content") as List<object?> ?? [])
        {
            if ((part as JsonFields)?.Get("type") is not ("input_text" or "output_text" or "text" or "refusal"))
            {
                throw ApiException.Unsupported($"{place}.content.type");
            }
        }

        return new JsonFields
        {
            ["role"] = Json.Text(item, "role") ?? "user",
            ["content"] = TextOf(item.Get("content")),
        };
    }

    // Calls of one answer stand side by side in a list of items, and in one message of a chat.
    private static void AddCall(List<object?> messages, JsonFields item)
    {
        JsonFields call = new()
        {
            ["id"] = Json.Text(item, "call_id"),
            ["type"] = "function",
            ["function"] = new JsonFields
            {
                ["name"] = Json.Text(item, "name"),
                ["arguments"] = Json.Text(item, "arguments") ?? "{}",
            },
        };
        if (messages.LastOrDefault() is JsonFields last && last.Get("role") is "assistant")
        {
            List<object?> calls = last.Get("tool_calls") as List<object?> ?? [];
            last["tool_calls"] = calls;
            calls.Add(call);
            return;
        }

        messages.Add(
            new JsonFields
            {
                ["role"] = "assistant",
                ["content"] = null,
                ["tool_calls"] = new List<object?> { call },
            }
        );
    }

    private static JsonFields Input(string text) => new() { ["type"] = "input_text", ["text"] = text };

    private static string TextOf(object? content) =>
        content switch
        {
            string text => text,
            List<object?> parts => string.Concat(
                parts.OfType<JsonFields>().Select(part => part.Get("text") as string ?? part.Get("refusal") as string)
            ),
            _ => "",
        };
}
