using MultiTurnTrainer.Serving.Contexts;

namespace MultiTurnTrainer.Serving.Chats;

/// <summary>Names of the headers of this server, and what they say of a prompt.</summary>
internal static class ContextHeaders
{
    public const string Session = "mtt-session";
    public const string Version = "mtt-session-version";
    public const string Turn = "mtt-turn";
    public const string Participant = "mtt-participant";
    public const string IdempotencyKey = "Idempotency-Key";
    public const string Mode = "mtt-context-mode";
    public const string Used = "mtt-context-used";
    public const string Timing = "Server-Timing";
    public const string Prefix = "mtt-context-prefix";

    /// <summary>Says how a prompt was made.</summary>
    public static void Write(IHeaderDictionary headers, AssembledContext context)
    {
        headers[Mode] = context.Mode;
        headers[Used] = Invariant($"{context.Used:0.####}");
        headers[Prefix] = Invariant($"{context.PrefixShare:0.####}");
    }
}
