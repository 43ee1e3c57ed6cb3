using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Writes one message object with <c>role</c> in the canonical form.</summary>
internal static class MessageWriter
{
    /// <summary>Copies a message; with <see cref="ConversionOptions.Normalise"/> in the one spelling of everything.</summary>
    public static void Copy(JsonTape row, int message, CanonicalRow output, ConversionOptions options)
    {
        bool verbatim = !options.Normalise && !HasForeign(row, message);
        output.BeginRaw(message, verbatim);
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
            bool written =
                !verbatim
                && (Foreign(row, message, at, output) || (options.Normalise && Normal(row, message, at, output)));
            if (!written)
            {
                output.Raw(row.Raw(at), row.RawValue(value));
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

    /// <summary>Whether a message of a list says something in a way that neither templates nor masks read.</summary>
    public static bool AnyForeign(JsonTape row, int list)
    {
        for (int message = list + 1; message < row[list].Next; message = row[message].Next)
        {
            if (HasForeign(row, message))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasForeign(JsonTape row, int message)
    {
        for (
            int at = message + 1;
            row[message].Kind == JsonKind.Object && at < row[message].Next;
            at = row[at + 1].Next
        )
        {
            if (IsForeign(row, at))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// OpenAI's <c>function_call</c> and role <c>function</c> of before <c>tool_calls</c>, and <c>tool_calls</c> as JSON text.
    /// </summary>
    private static bool IsForeign(JsonTape row, int name) =>
        row[name + 1].Kind switch
        {
            JsonKind.Object => row.Is(name, "function_call"u8),
            JsonKind.String => row[name + 1].Length > 0
                && (row.Is(name, "role"u8) ? row.Is(name + 1, "function"u8) : row.Is(name, "tool_calls"u8)),
            _ => false,
        };

    /// <summary>Writes what <see cref="IsForeign"/> finds as the canonical form has it.</summary>
    /// <returns>Whether the property is one of those.</returns>
    private static bool Foreign(JsonTape row, int message, int name, CanonicalRow output)
    {
        int value = name + 1;
        if (!IsForeign(row, name))
        {
            return false;
        }

        if (row.Is(name, "role"u8))
        {
            WriteRole(row, value, output);
        }
        else
        {
            ByteBuilder json = output.Key("tool_calls"u8).Add((byte)'[');
            if (row[value].Kind == JsonKind.Object)
            {
                ToolCallWriter.Write(row, value, json);
            }
            else
            {
                ToolCallWriter.WriteText(row.String(value), new JsonTape(), json, first: true);
            }

            json.Add((byte)']');
            output.Rewrites.Add("old-calls");
        }

        return true;
    }

    /// <summary>Writes a property in its one spelling.</summary>
    /// <returns>Whether it is done; otherwise the property stays as it is.</returns>
    private static bool Normal(JsonTape row, int message, int name, CanonicalRow output)
    {
        int value = name + 1;
        JsonKind kind = row[value].Kind;
        if (kind == JsonKind.Null && !row.Is(name, "content"u8))
        {
            output.Rewrites.Add("null-keys");
        }
        else if (kind == JsonKind.String && row.Is(name, "role"u8))
        {
            WriteRole(row, value, output);
        }
        else if (kind == JsonKind.String && row.Is(name, "content"u8))
        {
            ReasoningWriter.WriteContent(row, message, value, output);
        }
        else if (kind == JsonKind.String && (row.Is(name, "thinking"u8) || row.Is(name, "reasoning"u8)))
        {
            return Reasoning(row, message, value, output);
        }
        else if (kind == JsonKind.Array && row.Is(name, "tool_calls"u8))
        {
            ByteBuilder json = output.Key("tool_calls"u8).Add((byte)'[');
            for (int call = value + 1; call < row[value].Next; call = row[call].Next)
            {
                json.Add(call > value + 1 ? ","u8 : []);
                ToolCallWriter.Write(row, call, json);
            }

            json.Add((byte)']');
        }
        else if (kind is JsonKind.True or JsonKind.False && IsOnlyWeight(row, message, name))
        {
            output.Raw("weight"u8, kind == JsonKind.True ? "1"u8 : "0"u8);
            output.Rewrites.Add("train-flag");
        }
        else if (kind == JsonKind.Number && !row.Is(name, "weight"u8) && IsOnlyWeight(row, message, name))
        {
            output.Raw("weight"u8, row.RawValue(value));
            output.Rewrites.Add($"weight:{row.String(name)}");
        }
        else
        {
            return false;
        }

        return true;
    }

    private static bool IsOnlyWeight(JsonTape row, int message, int name)
    {
        int weights = 0;
        for (int at = message + 1; at < row[message].Next; at = row[at + 1].Next)
        {
            weights += SupervisionReader.IsKey(row.Raw(at)) && row[at + 1].Kind != JsonKind.Null ? 1 : 0;
        }

        return weights == 1 && SupervisionReader.IsKey(row.Raw(name));
    }

    /// <summary>Writes reasoning under its one name; said twice alike it is said once, said twice differently both stay.</summary>
    private static bool Reasoning(JsonTape row, int message, int value, CanonicalRow output)
    {
        int named = row.Find(message, "reasoning_content"u8);
        int other = row.Is(value - 1, "thinking"u8) ? row.Find(message, "reasoning"u8) : -1;
        int first = named >= 0 && row[named].Kind == JsonKind.String ? named : other;
        if (first >= 0 && row[first].Kind == JsonKind.String)
        {
            return row.Raw(first).SequenceEqual(row.Raw(value));
        }

        output.Raw("reasoning_content"u8, row.RawValue(value));
        output.Rewrites.Add("reasoning-field");
        return true;
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
