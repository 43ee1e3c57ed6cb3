using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A call is never answered although the conversation goes on.</summary>
internal sealed class CallWithoutResult : Rule
{
    public override RuleInfo Info { get; } =
        new(
            "MTT302",
            "call-without-result",
            Severity.Error,
            "A call is never answered although the conversation goes on."
        )
        {
            Why = "The model learns to go on without what it asked for.",
            Hint = "Add the tool's message, or remove the call.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        ReadOnlySpan<MessageView> messages = row.Messages;
        for (int i = 0; i < messages.Length; i++)
        {
            if (messages[i].CallCount == 0)
            {
                continue;
            }

            int results = 0;
            while (i + results + 1 < messages.Length && messages[i + results + 1].Role == Role.Tool)
            {
                results++;
            }

            // A conversation may end with calls: that is what is supervised then.
            bool atEnd = i + results + 1 == messages.Length;
            if (!(atEnd && results == 0))
            {
                Check(row, i, results, sink);
            }
        }
    }

    private void Check(Row row, int caller, int results, FindingSink sink)
    {
        ref readonly MessageView message = ref row.Messages[caller];
        for (int c = 0; c < message.CallCount; c++)
        {
            ref readonly CallView call = ref row.Calls[message.FirstCall + c];
            if (!CallMatching.IsAnswered(row, call, c, caller, results))
            {
                sink.Add(this, row, call.Token, $"the call of {CallMatching.Name(row, call)} has no result");
            }
        }
    }
}
