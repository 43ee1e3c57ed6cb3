namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Writes one message with <c>role</c>, or one turn with <c>from</c>, in the canonical form; every key is kept.</summary>
internal static class MessageWriter
{
    /// <summary>Copies a message; with <see cref="ConversionOptions.Normalise"/> in the one spelling of everything.</summary>
    public static void Copy(JsonTape row, int message, CanonicalRow output, ConversionOptions options)
    {
        bool isTurn = Speech.IsTurn(row, message);
        bool verbatim = !isTurn && !options.Normalise && !HasForeign(row, message);
        output.BeginRaw(message, verbatim);
        if (row[message].Kind != JsonKind.Object)
        {
            // Kept as it is for the rules to find.
            output.Raw("content"u8, row.RawValue(message));
            output.From(content: message);
            return;
        }

        Speech speech = Speech.Of(row, message);
        output.From(speech.Speaker, speech.Content);
        if (verbatim)
        {
            for (int at = message + 1; at < row[message].Next; at = row[at + 1].Next)
            {
                output.Raw(row.Raw(at), row.RawValue(at + 1));
            }

            return;
        }

        Keys(row, message, speech, output, options, all: true);
    }

    /// <summary>Writes what a message or turn says beside its speaker and its content.</summary>
    public static void Rest(JsonTape row, int message, CanonicalRow output, ConversionOptions options) =>
        Keys(row, message, Speech.Of(row, message), output, options, all: false);

    private static void Keys(
        JsonTape row,
        int message,
        Speech speech,
        CanonicalRow output,
        ConversionOptions options,
        bool all
    )
    {
        bool isTurn = Speech.IsTurn(row, message);
        for (int at = message + 1; at < row[message].Next; at = row[at + 1].Next)
        {
            if (speech.Holds(at + 1))
            {
                if (all && at + 1 == speech.Speaker)
                {
                    WriteRole(row, speech.Speaker, output, isTurn || options.Normalise);
                }
                else if (all)
                {
                    Role role = Speech.Role(row, message);
                    ContentWriter.Write(row, message, speech.Content, role, output, options);
                }
            }
            else if (isTurn && (row.Is(at, "role"u8) || row.Is(at, "content"u8)))
            {
                Unread(row, at, output);
            }
            else if (!Foreign(row, at, output) && !(options.Normalise && Normal(row, message, at, output)))
            {
                output.Raw(row.Raw(at), row.RawValue(at + 1));
            }
        }
    }

    private static void Unread(JsonTape row, int name, CanonicalRow output)
    {
        if (row[name + 1].Kind != JsonKind.Null)
        {
            output.Unread(name);
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
    /// OpenAI's <c>function_call</c> and role <c>function</c> of before <c>tool_calls</c>, roles of calls and results,
    /// <c>tool_calls</c> as JSON text, calls printed into contents, and parts without their type.
    /// </summary>
    private static bool IsForeign(JsonTape row, int name) =>
        row[name + 1].Kind switch
        {
            JsonKind.Object => row.Is(name, "function_call"u8),
            JsonKind.Array => row.Is(name, "content"u8)
                && (ContentParts.AnyForeign(row, name + 1) || ContentParts.MayCall(row, name + 1)),
            JsonKind.String => row[name + 1].Length > 0
                && (
                    row.Is(name, "role"u8) ? Roles.IsCall(row.Raw(name + 1)) || Roles.IsResult(row.Raw(name + 1))
                    : row.Is(name, "content"u8) ? HermesText.MayHold(row, name + 1)
                    : row.Is(name, "tool_calls"u8)
                ),
            _ => false,
        };

    /// <summary>Writes calls that <see cref="IsForeign"/> finds as the canonical form has them.</summary>
    /// <returns>Whether the property is one of those.</returns>
    private static bool Foreign(JsonTape row, int name, CanonicalRow output)
    {
        int value = name + 1;
        if (!IsForeign(row, name))
        {
            return false;
        }

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
        return true;
    }

    /// <summary>Writes a property in its one spelling.</summary>
    /// <returns>Whether it is done; otherwise the property stays as it is.</returns>
    private static bool Normal(JsonTape row, int message, int name, CanonicalRow output)
    {
        int value = name + 1;
        JsonKind kind = row[value].Kind;
        if (kind == JsonKind.Null)
        {
            output.Rewrites.Add("null-keys");
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

    /// <summary>Writes a role; calls, results, and where every alias is meant, in the spelling of templates.</summary>
    private static void WriteRole(JsonTape row, int value, CanonicalRow output, bool everyAlias)
    {
        string name = row[value].Kind == JsonKind.String ? row.String(value) : "";
        bool isForeign = Roles.IsCall(row.Raw(value)) || Roles.IsResult(row.Raw(value));
        Role role = everyAlias || isForeign ? Roles.Meaning(name) : Role.Unknown;
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
