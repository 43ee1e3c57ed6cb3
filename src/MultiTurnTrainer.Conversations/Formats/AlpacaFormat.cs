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
        int answer = row.Find(0, "output"u8);
        if (row[answer].Kind == JsonKind.Array)
        {
            return new Refusal(
                "\"output\" is a list of answers: write a preference pair as \"chosen\" and \"rejected\"",
                answer
            );
        }

        if (row.Find(0, "input"u8) is >= 0 and int input && row[input].Kind is not (JsonKind.String or JsonKind.Null))
        {
            return new Refusal("\"input\" is not a text", input);
        }

        string system = SystemPrompt.Write(row, output);
        if (History(row, output, options) is { } refusal)
        {
            return refusal;
        }

        string question = Question(row, output);
        Answer(row, answer, output, options);
        output.KeepRest(row, "instruction", "input", question, "output", "history", system);
        return null;
    }

    private static Refusal? History(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        int history = row.Find(0, "history"u8);
        if (
            history < 0
            || row[history].Kind == JsonKind.Null
            || (row[history].Kind == JsonKind.String && row[history].Length == 0)
        )
        {
            return null;
        }

        if (row[history].Kind != JsonKind.Array)
        {
            return new Refusal("\"history\" is not a list of pairs of question and answer", history);
        }

        for (int pair = history + 1; pair < row[history].Next; pair = row[pair].Next)
        {
            if (row[pair].Kind != JsonKind.Array || row.Length(pair) != 2)
            {
                return new Refusal("\"history\" holds something else than pairs of question and answer", pair);
            }

            Plain(row, pair + 1, "user", output);
            Answer(row, row[pair + 1].Next, output, options);
        }

        return null;
    }

    /// <summary>Writes the instruction, with its input (or Dolly's context) under it where it has one.</summary>
    /// <returns>The name the input stood under; empty when there was none.</returns>
    public static string Question(JsonTape row, CanonicalRow output)
    {
        int instruction = row.Find(0, "instruction"u8);
        int input = row.Find(0, "input"u8);
        input = input >= 0 ? input : row.Find(0, "context"u8);
        bool both =
            input >= 0
            && row[input].Kind == JsonKind.String
            && row[input].Length > 0
            && row[instruction].Kind == JsonKind.String;
        if (!both)
        {
            Plain(row, instruction, "user", output);
            return "";
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
        return row.String(input - 1);
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
