using MultiTurnTrainer.Validation.Rows;
using MultiTurnTrainer.Validation.Rules;

namespace MultiTurnTrainer.Validation.Duplicates;

/// <summary>
/// Hashes of a conversation's beginnings: after each message, over role, texts, reasoning and calls. Equal conversations
/// have equal hashes whatever their format, escapes, ids and metadata.
/// </summary>
internal sealed class ConversationHash
{
    private ulong[] _after = new ulong[16];

    /// <summary>The hash after each message.</summary>
    public ReadOnlySpan<ulong> After => _after.AsSpan(0, Count);

    /// <summary>Messages hashed.</summary>
    public int Count { get; private set; }

    /// <summary>The hash of the whole conversation.</summary>
    public ulong Whole => Count == 0 ? 0 : _after[Count - 1];

    /// <summary>The hash of everything before the last answer; 0 when there is none.</summary>
    public ulong Prompt { get; private set; }

    /// <summary>The hash up to and with the first message of the user: what groups conversations of one beginning.</summary>
    public ulong Opening { get; private set; }

    /// <summary>
    /// Whether texts and calls are all that the messages say. A row with contents of another kind, or with messages without
    /// any, is equal only to one with the same bytes.
    /// </summary>
    public bool IsWhole { get; private set; }

    /// <summary>Hashes a row.</summary>
    public void Load(Row row)
    {
        ReadOnlySpan<MessageView> messages = row.Messages;
        if (_after.Length < messages.Length)
        {
            _after = new ulong[messages.Length * 2];
        }

        Count = messages.Length;
        IsWhole = true;
        Prompt = 0;
        Opening = 0;
        ulong hash = 0;
        int text = 0;
        for (int i = 0; i < messages.Length; i++)
        {
            if (messages[i].Role == Role.Assistant)
            {
                Prompt = hash;
            }

            hash = StableHash.Combine(hash, (ulong)messages[i].Role + 1);
            if (IsWhole && !IsRead(row.Tape, messages[i]))
            {
                IsWhole = false;
                hash = StableHash.Combine(hash, StableHash.Of(row.Source.Text.Span));
            }

            int end = row.Tape[messages[i].Token].Next;
            while (text < row.Texts.Count && row.Texts[text].Token < end)
            {
                TextToken piece = row.Texts[text++];
                hash = StableHash.Combine(hash, StableHash.Of(piece.Utf8, piece.IsReasoning ? 1UL : 0));
            }

            for (int c = messages[i].FirstCall; c < messages[i].FirstCall + messages[i].CallCount; c++)
            {
                hash = StableHash.Combine(hash, Call(row, row.Calls[c]));
            }

            _after[i] = hash;
            if (Opening == 0 && messages[i].Role == Role.User)
            {
                Opening = hash;
            }
        }

        Opening = Opening == 0 ? hash : Opening;
    }

    private static bool IsRead(JsonTape tape, MessageView message)
    {
        bool hasOldCall =
            message is { Role: Role.Assistant, CallCount: 0 } && tape.Find(message.Token, "function_call"u8) >= 0;
        bool hasOtherCalls = message.Calls >= 0 && tape[message.Calls].Kind is not (JsonKind.Array or JsonKind.Null);
        if (hasOldCall || hasOtherCalls)
        {
            return false;
        }

        if (message.Content < 0 || tape[message.Content].Kind == JsonKind.Null)
        {
            return message.Content >= 0 || message.CallCount > 0 || message.Reasoning >= 0;
        }

        if (tape[message.Content].Kind != JsonKind.Array)
        {
            return IsText(tape, message.Content);
        }

        for (int part = message.Content + 1; part < tape[message.Content].Next; part = tape[part].Next)
        {
            if (!IsText(tape, tape[part].Kind == JsonKind.Object ? tape.Find(part, "text"u8) : part))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsText(JsonTape tape, int token) =>
        token >= 0 && tape[token].Kind == JsonKind.String && (tape[token].Flags & JsonFlags.LoneSurrogate) == 0;

    private static ulong Call(Row row, CallView call) =>
        StableHash.Combine(
            call.Name < 0 ? 0 : StableHash.Of(row.Tape.Raw(call.Name)),
            call.Arguments < 0 ? 0 : StableHash.Of(row.Tape.Raw(call.Arguments))
        );
}
