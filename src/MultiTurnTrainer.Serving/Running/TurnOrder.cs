using MultiTurnTrainer.Serving.Chats;

namespace MultiTurnTrainer.Serving.Running;

/// <summary>What a client asks of a session.</summary>
/// <param name="Session">The session.</param>
/// <param name="Body">The request as a chat completion: its messages are new ones, or the whole list that the client knows.</param>
internal sealed record TurnOrder(SessionKey Session, ChatBody Body)
{
    /// <summary>The client's idempotency key.</summary>
    public string? Key { get; init; }

    /// <summary>The version that the client knows.</summary>
    public long? ExpectedVersion { get; init; }

    /// <summary>Who asks.</summary>
    public string? Participant { get; init; }

    /// <summary>The turn that is answered anew; its messages are taken, the body's are not read.</summary>
    public string? Replaces { get; init; }

    /// <summary>A system prompt for this answer alone: it is sent, and not part of the conversation.</summary>
    public string? Instructions { get; init; }

    /// <summary>Tells a repetition from another request: everything but whether the answer is streamed.</summary>
    public string Hash()
    {
        JsonFields body = Body.Body.Copy();
        body.Remove("stream");
        body.Remove("stream_options");
        return ContentHash.Of(
            Encoding.UTF8.GetBytes($"{Participant}\n{Replaces}\n{Instructions}\n{JsonText.AsciiLine(body)}")
        );
    }
}
