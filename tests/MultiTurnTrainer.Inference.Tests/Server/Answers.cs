using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace MultiTurnTrainer.Inference.Tests.Server;

/// <summary>What a server may do to a request.</summary>
internal static class Answers
{
    public static Answer Text(
        string content,
        string finish = "stop",
        int? promptTokens = 10,
        int completionTokens = 5
    ) =>
        (context, _) =>
            WriteAsync(
                context,
                200,
                JsonSerializer.Serialize(
                    new
                    {
                        id = "x",
                        @object = "chat.completion",
                        choices = new[]
                        {
                            new
                            {
                                index = 0,
                                message = new { role = "assistant", content },
                                finish_reason = finish,
                            },
                        },
                        usage = promptTokens is { } prompt
                            ? new { prompt_tokens = prompt, completion_tokens = completionTokens }
                            : null,
                    }
                )
            );

    public static Answer Refusal(string refusal) =>
        (context, _) =>
            WriteAsync(
                context,
                200,
                JsonSerializer.Serialize(
                    new
                    {
                        choices = new[]
                        {
                            new
                            {
                                message = new
                                {
                                    role = "assistant",
                                    content = (string?)null,
                                    refusal,
                                },
                                finish_reason = "stop",
                            },
                        },
                    }
                )
            );

    public static Answer Status(int status, string body = "", string? retryAfter = null) =>
        (context, _) =>
        {
            if (retryAfter is not null)
            {
                context.Response.Headers.RetryAfter = retryAfter;
            }

            return WriteAsync(context, status, body);
        };

    public static Answer Raw(string body) => (context, _) => WriteAsync(context, 200, body);

    /// <summary>Never answers.</summary>
    public static Answer Hang() =>
        (context, _) =>
            Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);

    /// <summary>Promises a long body and drops the connection.</summary>
    public static Answer Cut(string start = "{\"choices\":") =>
        async (context, _) =>
        {
            context.Response.ContentLength = 100_000;
            await context.Response.WriteAsync(start);
            await context.Response.Body.FlushAsync();
            context.Abort();
        };

    /// <summary>One byte at a time, forever.</summary>
    public static Answer Drip() =>
        async (context, _) =>
        {
            context.Response.ContentType = "application/json";
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync(" ");
                await context.Response.Body.FlushAsync();
                await Task.Delay(20);
            }
        };

    /// <summary>Server-sent events with the content in pieces.</summary>
    /// <param name="pieces">The pieces of the content.</param>
    /// <param name="ends">Whether the stream ends as it should; else the connection is dropped after the pieces.</param>
    /// <param name="silentAfter">Whether it stays open in silence instead of ending.</param>
    public static Answer Stream(IReadOnlyList<string> pieces, bool ends = true, bool silentAfter = false) =>
        async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach (string content in pieces)
            {
                string chunk = JsonSerializer.Serialize(new { choices = new[] { new { delta = new { content } } } });
                await context.Response.WriteAsync($"data: {chunk}\n\n");
                await context.Response.Body.FlushAsync();
            }

            if (silentAfter)
            {
                await Hang()(context, null!);
            }
            else if (ends)
            {
                await context.Response.WriteAsync(
                    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                        + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n"
                );
            }
        };

    private static async Task WriteAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body));
    }
}
