using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// Alpaca: <c>instruction</c>, <c>input</c>, <c>output</c>, and LLaMA-Factory's <c>system</c> and <c>history</c> (a list
/// of pairs). The input follows the instruction after a line break, as LLaMA-Factory has it.
/// </summary>
internal sealed class AlpacaFormat : IRowFormat
{
    public string Name => "alpaca";

    public bool Recognises(JsonTape row) => row.Find(0, "instruction"u8) >= 0 && row.Find(0, "output"u8) >= 0;

    public string Reason(JsonTape row) => "has \"instruction\" and \"output\"";

    public Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        if (
            row.Find(0, "system"u8) is >= 0 and int system
            && row[system].Kind == JsonKind.String
            && row[system].Length > 0
        )
        {
            Plain(row, system, "system", output);
        }

        if (row.Find(0, "history"u8) is >= 0 and int history && row[history].Kind == JsonKind.Array)
        {
            for (int pair = history + 1; pair < row[history].Next; pair = row[pair].Next)
            {
                if (row[pair].Kind != JsonKind.Array || row.Length(pair) != 2)
                {
                    return new Refusal("\"history\" holds something else than pairs of question and answer", pair);
                }

                Plain(row, pair + 1, "user", output);
                Answer(row, row[pair + 1].Next, output, options);
            }
        }

        Question(row, output);
        Answer(row, row.Find(0, "output"u8), output, options);
        output.KeepRest(row, "instruction", "input", "output", "history", "system");
        return null;
    }

    /// <summary>Writes the instruction, with its input under it where it has one.</summary>
    public static void Question(JsonTape row, CanonicalRow output)
    {
        int instruction = row.Find(0, "instruction"u8);
        int input = row.Find(0, "input"u8);
        bool both =
            input >= 0
            && row[input].Kind == JsonKind.String
            && row[input].Length > 0
            && row[instruction].Kind == JsonKind.String;
        if (!both)
        {
            Plain(row, instruction, "user", output);
            return;
        }

        output.Begin("user", instruction);
        output.From(content: instruction);
        ReadOnlySpan<byte> head = row.Raw(instruction);
        output
            .Key("content"u8)
            .Add((byte)'"')
            .Add(head)
            .Add(head.IsEmpty ? [] : "\\n"u8)
            .Add(row.Raw(input))
            .Add((byte)'"');
    }

    /// <summary>Writes a text as a message.</summary>
    public static void Plain(JsonTape row, int value, string role, CanonicalRow output)
    {
        output.Begin(role, value);
        output.From(content: value);
        output.Raw("content"u8, row.RawValue(value));
    }

    private static void Answer(JsonTape row, int value, CanonicalRow output, ConversionOptions options)
    {
        output.Begin("assistant", value);
        ReasoningWriter.WriteContent(row, value, output, options.Normalise);
    }
}
