using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>An answer is refusal boilerplate.</summary>
internal sealed class Refusal : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT406", "refusal", Severity.Info, "An answer is refusal boilerplate.")
        {
            Why = "A few teach manners, many teach a model to refuse.",
            Hint = "Look at their share; filter with `mtt prepare --filter` when it is too high.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"I'm sorry, but I can't assist with that."}]}""",
        };

    private static readonly byte[][] _starts =
    [
        .. new[]
        {
            "I'm sorry, but I can",
            "I’m sorry, but I can",
            "I am sorry, but I can",
            "I apologize, but I can",
            "Sorry, but I can",
            "I cannot assist with",
            "I can't assist with",
            "I cannot help with",
            "I can't help with",
            "I'm unable to",
            "I am unable to",
            "As an AI language model",
            "As a large language model",
            "As an AI, I",
            "很抱歉，我无法",
            "对不起，我无法",
            "作为一个人工智能",
            "作为一个AI",
        }.Select(System.Text.Encoding.UTF8.GetBytes),
    ];

    private static readonly SearchValues<byte> _first = SearchValues.Create([.. _starts.Select(start => start[0])]);

    public override bool JudgesAnswers => true;

    public override void Check(Row row, FindingSink sink)
    {
        foreach (TextToken text in row.Texts)
        {
            if (text.Role != Role.Assistant || text.IsReasoning || !_first.Contains(text.Utf8[0]))
            {
                continue;
            }

            foreach (byte[] start in _starts)
            {
                if (text.Utf8.StartsWith(start))
                {
                    sink.Add(
                        this,
                        row,
                        text.Token,
                        $"the answer begins \"{System.Text.Encoding.UTF8.GetString(start)}…\""
                    );
                    break;
                }
            }
        }
    }
}
