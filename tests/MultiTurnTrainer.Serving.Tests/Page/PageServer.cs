using System.Text.Json;
using Microsoft.AspNetCore.Http;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Serving.Tests.Page;

/// <summary>A server for tests of the page: a small window, so that turns soon leave the prompt, and a model that repeats what was said.</summary>
internal static class PageServer
{
    /// <summary>A window of 600 tokens.</summary>
    public static ContextPolicy Policy { get; } =
        new()
        {
            Window = 600,
            History = new HistoryPolicy { Turns = 4, Bite = 2 },
        };

    /// <summary>Answers with what was said, in two pieces, and counts no tokens: what the policy estimates stays.</summary>
    public static Answer Echo(Received request) => Pieces("re: ", request.Messages[^1].Content);

    /// <summary>Answers in pieces.</summary>
    public static Answer Pieces(params string[] pieces) =>
        async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach (string content in pieces)
            {
                await WriteAsync(context, content);
            }

            await WriteAsync(context, new { choices = new[] { new { delta = new { }, finish_reason = "stop" } } });
            await context.Response.WriteAsync("data: [DONE]\n\n");
        };

    /// <summary>Begins a session in which turns have left the prompt.</summary>
    public static async Task<string> TalkAsync(TestServer server, int turns = 6)
    {
        string session = await server.BeginAsync(
            """{"messages": [{"role": "system", "content": "You help in a shop for lamps."}], "user": "ada"}"""
        );
        await server.StreamAsync(session, "Never recommend halogen lamps. Which lamp is good for reading?");
        for (int i = 2; i <= turns; i++)
        {
            await server.StreamAsync(
                session,
                $"Question {i}: what about lamp number {i}, is it bright enough for a desk?"
            );
        }

        return session;
    }

    /// <summary>One piece of an answer.</summary>
    public static Task WriteAsync(HttpContext context, string content) =>
        WriteAsync(context, new { choices = new[] { new { delta = new { content } } } });

    private static async Task WriteAsync(HttpContext context, object chunk)
    {
        await context.Response.WriteAsync($"data: {JsonSerializer.Serialize(chunk)}\n\n");
        await context.Response.Body.FlushAsync();
    }
}
