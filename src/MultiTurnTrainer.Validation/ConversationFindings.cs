using MultiTurnTrainer.Validation.Duplicates;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation;

/// <summary>What the rules find in one conversation by itself, as people see it beside the row.</summary>
public static class ConversationFindings
{
    /// <summary>The findings, in the rules' order.</summary>
    public static IReadOnlyList<Finding> Of(Conversation conversation)
    {
        List<Finding> findings = [];
        ValidationOptions options = new()
        {
            Duplicates = DuplicateMode.None,
            Opener = name => new SingleRecordSource(conversation, name),
        };
        new Validator(options, findings.Add).Run([conversation.File ?? conversation.Place]);
        return findings;
    }

    private sealed class SingleRecordSource(Conversation conversation, string file) : IRecordSource
    {
        private bool _read;

        public string File { get; } = file;

        public long BytesRead => 0;

        public bool TryRead(out SourceRecord record)
        {
            byte[] bytes = _read ? [] : conversation.Json.RawUtf8.ToArray();
            record = new SourceRecord(bytes, conversation.Line, 0, RecordFlags.None);
            (bool first, _read) = (!_read, true);
            return first;
        }

        public void Dispose() { }
    }
}
