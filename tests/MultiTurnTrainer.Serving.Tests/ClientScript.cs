using System.Text.Json;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>A model that repeats what was said last, and calls a tool when it is told to.</summary>
internal static class ClientScript
{
    public static Answer Play(Received request)
    {
        string said = request.Messages[^1].Content;
        bool isStreamed = request.Body.TryGetProperty("stream", out JsonElement stream) && stream.GetBoolean();
        return !isStreamed ? Answers.Text($"re: {said}")
            : said == "call a tool" ? Call()
            : Answers.Stream(["re: ", said]);
    }

    private static Answer Call() =>
        async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach (
                string chunk in new[]
                {
                    """{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"ci"}}]}}]}""",
                    """{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"ty\": \"Rome\"}"}}]}}]}""",
                    """{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}""",
                    """{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}""",
                    "[DONE]",
                }
            )
            {
                await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(
                    context.Response,
                    $"data: {chunk}\n\n"
                );
            }
        };
}
