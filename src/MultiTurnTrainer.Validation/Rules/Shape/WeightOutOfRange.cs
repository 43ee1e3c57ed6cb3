using MultiTurnTrainer.Conversations.Json;
using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A weight is not a number from 0 to 1.</summary>
internal sealed class WeightOutOfRange : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT111", "weight-out-of-range", Severity.Error, "A weight is not a number from 0 to 1.")
        {
            Why = "A negative or huge weight turns the gradient around or drowns the other rows.",
            Hint = "Use numbers from 0 to 1; only their ratio matters.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello","weight":-1}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        foreach (ref readonly MessageView message in row.Messages)
        {
            if (message.Weight < 0 || row.Tape[message.Weight].Kind == JsonKind.Null)
            {
                continue;
            }

            if (
                row.Tape[message.Weight].Kind != JsonKind.Number
                || !System.Buffers.Text.Utf8Parser.TryParse(row.Tape.Raw(message.Weight), out double weight, out _)
            )
            {
                sink.Add(
                    this,
                    row,
                    message.Weight,
                    $"the weight is {Shown.Kind(row.Tape, message.Weight)}, not a number"
                );
            }
            else if (weight is not (>= 0 and <= 1))
            {
                sink.Add(
                    this,
                    row,
                    message.Weight,
                    $"the weight {Shown.Text(row.Tape, message.Weight)} is not between 0 and 1"
                );
            }
        }
    }
}
