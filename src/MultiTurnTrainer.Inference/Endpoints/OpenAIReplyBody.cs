namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>Reads a chat completion, whole or streamed. Whatever is missing or of another type is a transient failure.</summary>
internal static class OpenAIReplyBody
{
    public static ChatReply Read(ReadOnlyMemory<byte> body)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        JsonElement root = document.RootElement;
        ThrowOnError(root);
        if (
            Member(root, "choices") is not { ValueKind: JsonValueKind.Array } choices
            || choices.GetArrayLength() == 0
            || Member(choices[0], "message") is not { ValueKind: JsonValueKind.Object } message
        )
        {
            throw new EndpointException(EndpointFault.Transient, "the answer holds no choices[0].message");
        }

        (int prompt, int completion) = Usage(root);
        return new ChatReply(TextOf(message), prompt, completion)
        {
            FinishReason = StringOf(choices[0], "finish_reason") ?? "stop",
            Refusal = StringOf(message, "refusal") is { Length: > 0 } refusal ? refusal : null,
        };
    }

    public static async Task<ChatReply> ReadStreamAsync(
        Stream body,
        TimeSpan idle,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        Streamed reply = new();
        using CancellationTokenSource silence = new(idle, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellation);
        try
        {
            await foreach (
                SseItem<string> item in SseParser.Create(body).EnumerateAsync(both.Token).ConfigureAwait(false)
            )
            {
                silence.CancelAfter(idle);
                if (item.Data == "[DONE]")
                {
                    return reply.Finish();
                }

                using JsonDocument document = JsonDocument.Parse(item.Data);
                reply.Add(document.RootElement);
            }
        }
        catch (OperationCanceledException problem) when (!cancellation.IsCancellationRequested)
        {
            throw new EndpointException(
                EndpointFault.Transient,
                $"the stream was silent for {idle.TotalSeconds:0.#} s",
                problem
            );
        }

        return reply.IsFinished
            ? reply.Finish()
            : throw new EndpointException(EndpointFault.Transient, "the stream was cut before its end");
    }

    private static void ThrowOnError(JsonElement root)
    {
        if (Member(root, "error") is { ValueKind: JsonValueKind.Object or JsonValueKind.String })
        {
            throw new EndpointException(EndpointFault.Transient, "the server answered 200 with an error inside");
        }
    }

    private static string TextOf(JsonElement message)
    {
        if (Member(message, "content") is not { } content)
        {
            return "";
        }

        // Some servers answer with the parts that requests may have.
        return content.ValueKind switch
        {
            JsonValueKind.String => content.GetString()!,
            JsonValueKind.Array => string.Concat(content.EnumerateArray().Select(part => StringOf(part, "text"))),
            _ => "",
        };
    }

    private static (int Prompt, int Completion) Usage(JsonElement root) =>
        Member(root, "usage") is { ValueKind: JsonValueKind.Object } usage
            ? (IntOf(usage, "prompt_tokens"), IntOf(usage, "completion_tokens"))
            : default;

    private static int IntOf(JsonElement value, string name) =>
        Member(value, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out int count)
            ? Math.Max(0, count)
            : 0;

    private static string? StringOf(JsonElement value, string name) =>
        Member(value, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static JsonElement? Member(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out JsonElement member) ? member : null;

    /// <summary>What has come of a streamed reply.</summary>
    private sealed class Streamed
    {
        private readonly StringBuilder _text = new();
        private readonly StringBuilder _refusal = new();
        private (int Prompt, int Completion) _usage;
        private string? _finish;

        /// <summary>Whether a reason to finish has come; a stream that ends without one was cut.</summary>
        public bool IsFinished => _finish is not null;

        public void Add(JsonElement chunk)
        {
            ThrowOnError(chunk);
            _usage = Usage(chunk) is { Prompt: > 0 } or { Completion: > 0 } ? Usage(chunk) : _usage;
            if (
                Member(chunk, "choices") is not { ValueKind: JsonValueKind.Array } choices
                || choices.GetArrayLength() == 0
            )
            {
                return;
            }

            _finish = StringOf(choices[0], "finish_reason") ?? _finish;
            if (Member(choices[0], "delta") is { ValueKind: JsonValueKind.Object } delta)
            {
                _text.Append(TextOf(delta));
                _refusal.Append(StringOf(delta, "refusal"));
            }
        }

        public ChatReply Finish() =>
            new(_text.ToString(), _usage.Prompt, _usage.Completion)
            {
                FinishReason = _finish ?? "stop",
                Refusal = _refusal.Length > 0 ? _refusal.ToString() : null,
            };
    }
}
