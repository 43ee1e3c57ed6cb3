// Folder Redaction: values that must not be learned or passed on, replaced by placeholders.
// Refuses to know: files, which rows stay.
using System.Collections.Frozen;
using MultiTurnTrainer.Validation.Rules;

namespace MultiTurnTrainer.Validation.Redaction;

/// <summary>
/// Replaces mail addresses, telephone numbers, keys, and the values of listed fields in every text of a row: contents, reasoning, arguments of
/// calls, results, metadata, names, and JSON that stands in texts. A value has the same placeholder throughout a run. The row stays a row:
/// JSON stays JSON, and ranges with weights mean the same characters. Not for several threads.
/// </summary>
/// <param name="fields">Names of fields whose values go, whatever they are; capitals do not count.</param>
public sealed class Redactor(IEnumerable<string> fields)
{
    private const int MostEmbedded = 4;

    private static readonly (string Kind, string Label, Finder Next)[] _patterns =
    [
        ("email", "EMAIL", Patterns.NextMail),
        ("phone", "PHONE", Patterns.NextPhone),
        ("key", "KEY", Patterns.NextSecret),
    ];

    private readonly FrozenSet<string> _fields = fields.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    private readonly Placeholders _placeholders = new();
    private readonly List<RedactedSpan> _spans = [];
    private string? _refusal;

    private delegate PatternMatch? Finder(ReadOnlySpan<byte> text, int from);

    /// <summary>
    /// Redacts a row in the canonical form, or a preference pair. Recorded ids and hashes of prompts, which would say the values again, become
    /// <c>null</c>.
    /// </summary>
    public RedactedRow Redact(JsonView row)
    {
        _spans.Clear();
        _refusal = null;
        JsonTape tape = row.ToTape();
        List<TextEdit> edits = [];
        Value(new Place(tape, "", 0), 0, Spot.Row, edits);
        if (_refusal is not null)
        {
            return new RedactedRow(row, [], _refusal);
        }

        return edits.Count == 0
            ? new RedactedRow(row, [], null)
            : new RedactedRow(
                JsonView.Adopt(TextEdits.Apply(tape.Text.Span, edits)),
                [.. _spans.ToArray().Select(span => span with { Path = RedactPath(span.Path) })],
                null
            );
    }

    /// <summary>What is said about a row, without what patterns find in it.</summary>
    public string RedactMessage(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        int spans = _spans.Count;
        byte[] redacted = TextEdits.Apply(utf8, Replace(utf8, Find(utf8), ""));
        _spans.RemoveRange(spans, _spans.Count - spans);
        return Encoding.UTF8.GetString(redacted);
    }

    /// <summary>A path in a row: names are part of it, and may be values themselves.</summary>
    public string RedactPath(string path)
    {
        // A long name is cut there, so that a value in it could not be found.
        int cut = path.IndexOf('…', StringComparison.Ordinal);
        return RedactMessage(cut < 0 ? path : path[..path.LastIndexOf("[\"", cut, StringComparison.Ordinal)] + "[…]");
    }

    private void Value(Place place, int token, Spot spot, List<TextEdit> edits)
    {
        JsonTape tape = place.Tape;
        switch (tape[token].Kind)
        {
            case JsonKind.Object:
                Object(place, token, spot, edits);
                break;
            case JsonKind.Array:
                for (int at = token + 1; at < tape[token].Next; at = tape[at].Next)
                {
                    Value(place, at, Spots.OfElement(spot, tape, at), edits);
                }

                break;
            case JsonKind.String:
                edits.AddRange(InString(place, token, TextEditsOf(place, token, mayEmbed: spot != Spot.Declared)));
                break;
            default:
                break;
        }
    }

    private void Object(Place place, int token, Spot spot, List<TextEdit> edits)
    {
        JsonTape tape = place.Tape;
        for (int at = token + 1; at < tape[token].Next; at = tape[at + 1].Next)
        {
            if (spot == Spot.Turns && (tape.Is(at, "prompt_ids"u8) || tape.Is(at, "prompt_hash"u8)))
            {
                edits.Add(Blank(place, at + 1));
                continue;
            }

            edits.AddRange(InString(place, at, TextEditsOf(place, at, mayEmbed: false)));
            if (_fields.Contains(tape.String(at)) && !Spots.IsStructure(spot, tape, at) && IsSaid(tape, at + 1))
            {
                edits.Add(Field(place, at));
                continue;
            }

            int first = edits.Count;
            Value(place, at + 1, Spots.Inside(spot, tape, at), edits);
            if (spot is Spot.Message or Spot.ToolMessage && tape.Is(at, "content"u8) && edits.Count > first)
            {
                MoveRanges(place, token, at + 1, edits);
            }
        }
    }

    private static bool IsSaid(JsonTape tape, int value) =>
        tape[value].Kind != JsonKind.Null && (tape[value].Kind != JsonKind.String || tape[value].Length > 0);

    private TextEdit Blank(Place place, int value)
    {
        int length = TextEdits.Characters(place.Tape.Raw(value));
        _spans.Add(new RedactedSpan(place.PathOf(value), 0, length, "prompt", "null"));
        return Whole(place.Tape, value, "null"u8.ToArray());
    }

    private static TextEdit Whole(JsonTape tape, int value, byte[] with) =>
        tape[value].Kind == JsonKind.String
            ? new TextEdit(tape[value].Start - 1, tape[value].Length + 2, with)
            : new TextEdit(tape[value].Start, tape[value].Length, with);

    private TextEdit Field(Place place, int name)
    {
        JsonTape tape = place.Tape;
        ReadOnlySpan<byte> value =
            tape[name + 1].Kind == JsonKind.String ? Utf8Of(tape, name + 1).Span : tape.Raw(name + 1);
        string placeholder = _placeholders.Of(LabelOf(tape.String(name)), value);
        _spans.Add(new RedactedSpan(place.PathOf(name + 1), 0, TextEdits.Characters(value), "field", placeholder));
        return Whole(tape, name + 1, Encoding.UTF8.GetBytes($"\"{placeholder}\""));
    }

    // customer-name is CUSTOMER_NAME; what has no letters is a FIELD.
    private static string LabelOf(string name)
    {
        string label = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'))
            .Trim('_');
        return label.Length == 0 ? "FIELD" : label;
    }

    /// <summary>The changes of the text of a string or a name.</summary>
    private List<TextEdit> TextEditsOf(Place place, int token, bool mayEmbed)
    {
        JsonTape tape = place.Tape;
        if (tape[token].Length == 0)
        {
            return [];
        }

        ReadOnlyMemory<byte> text = Utf8Of(tape, token);
        if (mayEmbed && place.Depth < MostEmbedded && IsJson(text.Span))
        {
            JsonTape inner = new();
            if (inner.Scan(text))
            {
                List<TextEdit> edits = [];
                Value(new Place(inner, place.PathOf(token), place.Depth + 1), 0, Spot.Data, edits);
                return edits;
            }
        }

        List<(PatternMatch, string, string)> found = IsBinary(text.Span) ? [] : Find(text.Span);
        return found.Count == 0 ? [] : Replace(text.Span, found, place.PathOf(token));
    }

    private static bool IsJson(ReadOnlySpan<byte> text) => text.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..];

    // Pictures and sounds stand in addresses of their own bytes.
    private static bool IsBinary(ReadOnlySpan<byte> text) =>
        text.StartsWith("data:"u8) && text[..Math.Min(100, text.Length)].IndexOf(";base64,"u8) > 0;

    private static List<(PatternMatch Match, string Kind, string Label)> Find(ReadOnlySpan<byte> text)
    {
        List<(PatternMatch, string, string)> found = [];
        foreach ((string kind, string label, Finder next) in _patterns)
        {
            for (PatternMatch? match = next(text, 0); match is { } one; match = next(text, one.End))
            {
                found.Add((one, kind, label));
            }
        }

        return found;
    }

    // Of those that overlap, the one that begins first.
    private List<TextEdit> Replace(
        ReadOnlySpan<byte> text,
        List<(PatternMatch Match, string Kind, string Label)> found,
        string path
    )
    {
        List<TextEdit> edits = [];
        int end = 0;
        foreach ((PatternMatch match, string kind, string label) in found.OrderBy(one => one.Match.Start))
        {
            if (match.Start < end)
            {
                continue;
            }

            end = match.End;
            string placeholder = _placeholders.Of(label, match.In(text));
            _spans.Add(
                new RedactedSpan(
                    path,
                    TextEdits.Characters(text[..match.Start]),
                    TextEdits.Characters(match.In(text)),
                    kind,
                    placeholder
                )
            );
            edits.Add(new TextEdit(match.Start, match.Length, Encoding.UTF8.GetBytes(placeholder)));
        }

        return edits;
    }

    /// <summary>The same changes where the text stands in JSON: one by one where nothing is escaped, otherwise as one.</summary>
    private static IEnumerable<TextEdit> InString(Place place, int token, List<TextEdit> edits)
    {
        ref readonly JsonToken text = ref place.Tape[token];
        if (edits.Count == 0)
        {
            return [];
        }

        int start = text.Start;
        return (text.Flags & JsonFlags.Escaped) == 0
            ? [.. edits.Select(edit => new TextEdit(start + edit.Start, edit.Length, Escaped(edit.With)))]
            : [new TextEdit(start, text.Length, Escaped(TextEdits.Apply(Utf8Of(place.Tape, token).Span, edits)))];
    }

    private static byte[] Escaped(byte[] text) => new ByteBuilder().AddEscaped(text).Span.ToArray();

    private static ReadOnlyMemory<byte> Utf8Of(JsonTape tape, int token)
    {
        ref readonly JsonToken text = ref tape[token];
        if ((text.Flags & JsonFlags.Escaped) == 0)
        {
            return tape.Text.Slice(text.Start, text.Length);
        }

        byte[] utf8 = new byte[text.Length + 4];
        return utf8.AsMemory(0, JsonString.Unescape(tape.Raw(token), utf8));
    }

    /// <summary>Moves the ranges of a message's <c>training_detail</c> with the characters that they mean.</summary>
    private void MoveRanges(Place place, int message, int content, List<TextEdit> edits)
    {
        JsonTape tape = place.Tape;
        int detail = tape.Find(message, "training_detail"u8);
        if (detail < 0 || tape[detail].Kind != JsonKind.Array || tape[content].Kind != JsonKind.String)
        {
            return;
        }

        int spans = _spans.Count;
        List<TextEdit> changes = TextEditsOf(place, content, mayEmbed: true);
        _spans.RemoveRange(spans, _spans.Count - spans);
        ReadOnlySpan<byte> text = Utf8Of(tape, content).Span;
        for (int range = detail + 1; range < tape[detail].Next; range = tape[range].Next)
        {
            Move(place, range, "begin_offset"u8, 0, text, changes, edits);
            Move(place, range, "end_offset"u8, 1, text, changes, edits);
        }
    }

    // The last character of a range is in it: its boundary is one further.
    private void Move(
        Place place,
        int range,
        ReadOnlySpan<byte> name,
        int further,
        ReadOnlySpan<byte> text,
        List<TextEdit> changes,
        List<TextEdit> edits
    )
    {
        JsonTape tape = place.Tape;
        int offset = tape.Find(range, name);
        if (offset < 0 || !Utf8Parser.TryParse(tape.Raw(offset), out int boundary, out _))
        {
            return;
        }

        if (TextEdits.Move(text, changes, boundary + further) is { } moved)
        {
            edits.Add(Whole(tape, offset, Encoding.UTF8.GetBytes(Invariant($"{moved - further}"))));
        }
        else
        {
            _refusal ??= $"{place.PathOf(range)}: begins or ends inside a value that is to be replaced";
        }
    }

    /// <summary>A text of JSON and where it stands: in the row itself, or in a text of it.</summary>
    private readonly record struct Place(JsonTape Tape, string Path, int Depth)
    {
        public string PathOf(int token)
        {
            string inner = JsonPathText.Of(Tape, token);
            return Path.Length == 0 || inner.Length == 0 || inner[0] == '[' ? Path + inner : $"{Path}.{inner}";
        }
    }
}
