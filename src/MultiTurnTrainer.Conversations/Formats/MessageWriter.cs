using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Writes one message object with <c>role</c> in the canonical form.</summary>
internal static class MessageWriter
{
    /// <summary>Copies a message; with <see cref="ConversionOptions.Normalise"/> in the one spelling of everything.</summary>
    public static void Copy(JsonTape row, int message, CanonicalRow output, ConversionOptions options)
    {
        output.BeginRaw(message, verbatim: !options.Normalise);
        if (row[message].Kind != JsonKind.Object)
        {
            // Kept as it is for the rules to find.
            output.Raw("content"u8, row.RawValue(message));
            output.From(content: message);
            return;
        }

        for (int at = message + 1; at < row[message].Next; at = row[at + 1].Next)
        {
            int value = at + 1;
            if (!options.Normalise)
            {
                output.Raw(row.Raw(at), row.RawValue(value));
            }
            else if (row.Is(at, "role"u8) && row[value].Kind == JsonKind.String)
            {
                WriteRole(row, value, output);
            }
            else if (row.Is(at, "content"u8) && row[value].Kind == JsonKind.String)
            {
                ReasoningWriter.WriteContent(row, message, value, output);
            }
            else if ((row.Is(at, "thinking"u8) || row.Is(at, "reasoning"u8)) && row[value].Kind == JsonKind.String)
            {
                output.Raw("reasoning_content"u8, row.RawValue(value));
                output.Rewrites.Add("reasoning-field");
            }
            else if (row[value].Kind != JsonKind.Null || row.Is(at, "content"u8))
            {
                output.Raw(row.Raw(at), row.RawValue(value));
            }
            else
            {
                output.Rewrites.Add("null-keys");
            }

            if (row.Is(at, "role"u8))
            {
                output.From(role: value);
            }
            else if (row.Is(at, "content"u8))
            {
                output.From(content: value);
            }
        }
    }

    private static void WriteRole(JsonTape row, int value, CanonicalRow output)
    {
        string name = row.String(value);
        Role role = Roles.Meaning(name);
        if (role != Role.Unknown && Roles.Name(role) != name)
        {
            output.Text("role"u8, Roles.Name(role));
            output.Rewrites.Add($"role:{name}");
        }
        else
        {
            output.Raw("role"u8, row.RawValue(value));
        }
    }
}
