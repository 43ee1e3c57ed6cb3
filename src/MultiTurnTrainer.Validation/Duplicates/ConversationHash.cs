using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Validation;
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

    /// <summary>Hashes a row.</summary>
    public void Load(Row row)
    {
        ReadOnlySpan<MessageView> messages = row.Messages;
        if (_after.Length < messages.Length)
        {
            _after = new ulong[messages.Length * 2];
        }

        Count = messages.Length;
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

    private static ulong Call(Row row, CallView call) =>
        StableHash.Combine(
            call.Name < 0 ? 0 : StableHash.Of(row.Tape.Raw(call.Name)),
            call.Arguments < 0 ? 0 : StableHash.Of(row.Tape.Raw(call.Arguments))
        );
}
