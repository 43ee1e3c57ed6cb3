using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A message holds an image, audio or video.</summary>
internal sealed class UnsupportedPart : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT110", "unsupported-part", Severity.Error, "A message holds an image, audio or video.")
        {
            Why = "This tool trains on text; the place of the picture would be supervised as if nothing stood there.",
            Hint = "Leave the row out, or describe the picture in words.",
            Bad =
                """{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"a.png"}}]},{"role":"assistant","content":"hello"}]}""",
        };

    private static readonly string[] _media = ["images", "image", "videos", "audios", "audio"];

    public override void Check(Row row, FindingSink sink)
    {
        JsonTape tape = row.Tape;
        foreach (ref readonly MessageView message in row.Messages)
        {
            if (message.Content < 0 || tape[message.Content].Kind != JsonKind.Array)
            {
                continue;
            }

            for (int part = message.Content + 1; part < tape[message.Content].Next; part = tape[part].Next)
            {
                if (IsOther(tape, part, out int type))
                {
                    sink.Add(this, row, part, $"a part of type {Shown.Text(tape, type)} is not text");
                }
            }
        }

        foreach (string name in _media)
        {
            int media = row.Source.Find(0, System.Text.Encoding.UTF8.GetBytes(name));
            bool isAny =
                media >= 0
                && row.Source[media].Kind switch
                {
                    JsonKind.Array or JsonKind.Object => row.Source.Length(media) > 0,
                    JsonKind.String => row.Source[media].Length > 0,
                    _ => false,
                };
            if (isAny)
            {
                sink.AddSource(this, row, media, $"the row comes with \"{name}\"");
            }
        }
    }

    /// <summary>Whether a list of parts holds something else than text.</summary>
    public static bool HasOther(JsonTape tape, int content)
    {
        if (tape[content].Kind == JsonKind.Array)
        {
            for (int part = content + 1; part < tape[content].Next; part = tape[part].Next)
            {
                if (IsOther(tape, part, out _))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsOther(JsonTape tape, int part, out int type)
    {
        type = tape.Find(part, "type"u8);
        return type >= 0 && tape[type].Kind == JsonKind.String && !tape.Is(type, "text"u8);
    }
}
