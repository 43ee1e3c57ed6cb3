namespace MultiTurnTrainer.Files.Json;

/// <summary>Paths such as <c>messages[3].tool_calls[0].function.name</c>.</summary>
internal static class JsonPathText
{
    /// <summary>The path from the root of a tape to a token; empty for the root itself.</summary>
    public static string Of(JsonTape tape, int target)
    {
        StringBuilder path = new();
        int container = 0;
        while (container < target)
        {
            bool isObject = tape[container].Kind == JsonKind.Object;
            int at = container + 1;
            int index = 0;
            int end = tape[container].Next;
            int value = -1;
            while (at < end)
            {
                value = isObject ? at + 1 : at;
                if (target < tape[value].Next)
                {
                    break;
                }

                at = tape[value].Next;
                index++;
            }

            if (at >= end)
            {
                break;
            }

            if (isObject)
            {
                Append(path, tape.String(at));
            }
            else
            {
                path.Append('[').Append(index.ToString(CultureInfo.InvariantCulture)).Append(']');
            }

            // A name token stands for its property.
            if (target < value)
            {
                break;
            }

            container = value;
        }

        return path.ToString();
    }

    /// <summary>The path to the deepest place the scanner had reached when it failed.</summary>
    public static string OfFailure(JsonTape tape)
    {
        // Open containers have no Next yet; give them one so that the walk above works.
        StringBuilder path = new();
        int at = 0;
        while (at < tape.Count && tape[at].Kind is JsonKind.Object or JsonKind.Array && tape[at].Next == 0)
        {
            bool isObject = tape[at].Kind == JsonKind.Object;
            int child = at + 1;
            int index = 0;
            int last = -1;
            int name = -1;
            while (child < tape.Count)
            {
                int value = child;
                if (isObject)
                {
                    name = child;
                    value = child + 1;
                    if (value >= tape.Count)
                    {
                        last = -2;
                        break;
                    }
                }

                last = value;
                if (tape[value].Next == 0)
                {
                    break;
                }

                child = tape[value].Next;
                index++;
            }

            bool inside = last >= 0 && tape[last].Next == 0;
            if (isObject && (inside || last == -2))
            {
                Append(path, tape.String(name));
            }
            else if (!isObject)
            {
                path.Append('[').Append(index.ToString(CultureInfo.InvariantCulture)).Append(']');
            }

            if (!inside)
            {
                break;
            }

            at = last;
        }

        return path.ToString();
    }

    private static void Append(StringBuilder path, string name)
    {
        bool plain =
            name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '$');
        if (plain)
        {
            path.Append(path.Length > 0 ? "." : "").Append(name);
        }
        else
        {
            string shown = name.Length > 64 ? name[..64] + "…" : name;
            path.Append("[\"").Append(shown.Replace("\"", "\\\"", StringComparison.Ordinal)).Append("\"]");
        }
    }
}
