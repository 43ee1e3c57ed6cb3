using MultiTurnTrainer.Validation.Rules;

namespace MultiTurnTrainer.Validation;

/// <summary>
/// Repairs that cannot change what a row means: spellings of roles, damage in texts, keys that stand twice with the same
/// value, nulls that Arrow added. A row that needs none keeps its bytes. Repairing twice is repairing once.
/// </summary>
/// <param name="maxTokens">The limit that the rows were scanned with.</param>
internal sealed class RowFixer(int maxTokens = JsonTape.MaxTokens)
{
    private const string DropNulls = "drop-null-keys";

    private readonly ByteBuilder _output = new();
    private readonly List<string> _names = [];
    private readonly JsonTape _fixed = new(maxTokens);
    private readonly AddedNulls _nulls = new();

    /// <summary>The repairs of the last row, by name.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Repairs a row.</summary>
    /// <param name="row">A scanned row.</param>
    /// <returns>The repaired bytes; the row's own when there was nothing to repair.</returns>
    public ReadOnlyMemory<byte> Fix(JsonTape row)
    {
        _names.Clear();
        Once(row);
        if (_names.Count == 0)
        {
            return row.Text;
        }

        // One repair may uncover another: two spellings of a role become the same key twice.
        int before;
        do
        {
            before = _output.Length;
            byte[] repaired = _output.Span.ToArray();
            if (!_fixed.Scan(repaired))
            {
                throw new InvalidOperationException($"a repair broke the row: {_fixed.Problem!.Message}");
            }

            Once(_fixed);
        } while (_output.Length != before);

        return _output.Memory;
    }

    private void Once(JsonTape row)
    {
        _output.Clear();
        bool valid = !row.NonAscii || Utf8.IsValid(row.Text.Span);
        if (!valid)
        {
            Named("replace-invalid-utf8");
        }

        _nulls.Find(row, inMessages: true);
        Value(row, 0, Spot.Root, valid);
    }

    private enum Spot
    {
        Root,
        Messages,
        Message,
        Role,
        Other,
    }

    private void Value(JsonTape row, int token, Spot place, bool valid)
    {
        switch (row[token].Kind)
        {
            case JsonKind.Object:
                Object(row, token, place, valid);
                break;
            case JsonKind.Array:
                _output.Add((byte)'[');
                for (int at = token + 1; at < row[token].Next; at = row[at].Next)
                {
                    _output.Add(at > token + 1 ? ","u8 : []);
                    Value(row, at, place == Spot.Messages ? Spot.Message : place, valid);
                }

                _output.Add((byte)']');
                break;
            case JsonKind.String when place == Spot.Role:
                RoleName(row, token, valid);
                break;
            case JsonKind.String when _nulls.Rewritten(token) is { } arguments:
                Named(DropNulls);
                _output.AddString(arguments);
                break;
            case JsonKind.String:
                Text(row, token, valid);
                break;
            default:
                _output.Add(row.Raw(token));
                break;
        }
    }

    private void Object(JsonTape row, int token, Spot place, bool valid)
    {
        _output.Add((byte)'{');
        bool first = true;
        Dictionary<ulong, int>? seen = row.HasManyKeys(token) ? [] : null;
        for (int at = token + 1; at < row[token].Next; at = row[at + 1].Next)
        {
            if (IsAddedNull(at) || IsRepeated(row, token, at, seen))
            {
                continue;
            }

            _output.Add(first ? [] : ","u8);
            first = false;
            Text(row, at, valid);
            _output.Add((byte)':');
            Value(row, at + 1, Inside(row, at, place), valid);
        }

        _output.Add((byte)'}');
    }

    private static Spot Inside(JsonTape row, int name, Spot place) =>
        place switch
        {
            Spot.Root when row.Is(name, "messages"u8) => Spot.Messages,
            Spot.Message when row.Is(name, "role"u8) => Spot.Role,
            _ => Spot.Other,
        };

    private bool IsAddedNull(int name)
    {
        bool drop = _nulls.Holds(name);
        if (drop)
        {
            Named(DropNulls);
        }

        return drop;
    }

    // Where each pair of an object with many keys stands is looked up by its hash; few are compared with all before.
    private bool IsRepeated(JsonTape row, int container, int name, Dictionary<ulong, int>? seen)
    {
        bool repeated = false;
        if (seen is not null)
        {
            ulong hash = StableHash.Combine(StableHash.Of(row.Raw(name)), StableHash.Of(row.RawValue(name + 1)));
            repeated = !seen.TryAdd(hash, name) && AreEqual(row, seen[hash], name);
        }

        for (int at = container + 1; seen is null && !repeated && at < name; at = row[at + 1].Next)
        {
            repeated = AreEqual(row, at, name);
        }

        if (repeated)
        {
            Named("drop-equal-duplicate-keys");
        }

        return repeated;
    }

    private static bool AreEqual(JsonTape row, int one, int other) =>
        row.Raw(one).SequenceEqual(row.Raw(other)) && row.RawValue(one + 1).SequenceEqual(row.RawValue(other + 1));

    private void RoleName(JsonTape row, int token, bool valid)
    {
        string name = row.String(token);
        Role role = Roles.Meaning(name);
        // A call by role is read as one; as an assistant's its JSON would be a text to learn.
        if (role == Role.Unknown || Roles.Name(role) == name || Roles.IsCall(row.Raw(token)))
        {
            Text(row, token, valid);
            return;
        }

        Named("role-alias");
        _output.AddString(Roles.Name(role));
    }

    private void Text(JsonTape row, int token, bool valid)
    {
        ReadOnlySpan<byte> raw = row.Raw(token);
        JsonFlags damage = row[token].Flags & (JsonFlags.Nul | JsonFlags.LoneSurrogate);
        if (damage == JsonFlags.None && valid)
        {
            _output.Add(row.RawValue(token));
            return;
        }

        _output.Add((byte)'"');
        ReadOnlySpan<byte> text =
            valid || Utf8.IsValid(raw) ? raw : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(raw));
        if (damage == JsonFlags.None)
        {
            _output.Add(text);
        }
        else
        {
            Escapes(text);
        }

        _output.Add((byte)'"');
    }

    /// <summary>Copies the inside of a string, without U+0000 and with U+FFFD for half pairs.</summary>
    private void Escapes(ReadOnlySpan<byte> text)
    {
        int at = 0;
        while (at < text.Length)
        {
            int plain = text[at..].IndexOf((byte)'\\');
            plain = plain < 0 ? text.Length - at : plain;
            _output.Add(text.Slice(at, plain));
            at += plain;
            if (at >= text.Length)
            {
                return;
            }

            int start = at;
            JsonFlags flags = JsonFlags.None;
            JsonString.Escape(text, ref at, ref flags);
            if ((flags & JsonFlags.Nul) != 0)
            {
                Named("drop-nul-characters");
            }
            else if ((flags & JsonFlags.LoneSurrogate) != 0)
            {
                Named("replace-lone-surrogates");
                _output.Add("\\ufffd"u8);
            }
            else
            {
                _output.Add(text[start..at]);
            }
        }
    }

    private void Named(string fix)
    {
        if (!_names.Contains(fix))
        {
            _names.Add(fix);
        }
    }
}
