namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A cheap guess at a text's language: by script, and among Latin scripts by small words.</summary>
internal static class Language
{
    private const int Looked = 240;
    private const int LeastLetters = 8;
    private const int LeastWords = 3;

    private static readonly string[] _latin =
    [
        "English",
        "German",
        "French",
        "Spanish",
        "Italian",
        "Portuguese",
        "Dutch",
        "Polish",
    ];

    private static readonly SmallWords _words = new(
        "the of and to is that it for with you are this have not what how",
        "der die das und ist nicht ein eine zu den mit auf für sie ich wie",
        "le la les des est et que une pour dans qui pas vous je avec sur",
        "el los las que es por con para una del como pero más yo está qué",
        "il che di è non per con una sono gli della più come mi questo del",
        "não uma que para com os por mais como você isso são também ele ao em",
        "het een van dat niet voor met zijn ik maar ook naar wat deze kan je",
        "nie jest się na że jak to dla czy przez ale tak oraz który mnie być"
    );

    /// <summary>The language's name; null when the text is too short or mixed to say.</summary>
    public static string? Guess(ReadOnlySpan<byte> utf8)
    {
        ReadOnlySpan<byte> head = utf8[..Math.Min(utf8.Length, Looked)];
        ulong hits = _words.Count(head, out int letters, out int beyondAscii);

        // A letter beyond ASCII has two bytes or more: with so many of ASCII most letters are Latin whatever the others are.
        int ascii = letters - beyondAscii;
        return ascii >= LeastLetters && ascii > beyondAscii / 2 ? Latin(hits) : OfScripts(head, hits);
    }

    private static string? OfScripts(ReadOnlySpan<byte> head, ulong hits)
    {
        int letters = 0;
        int latin = 0;
        Span<int> scripts = stackalloc int[8];
        scripts.Clear();
        ReadOnlySpan<byte> rest = head;
        while (!rest.IsEmpty)
        {
            if (rest[0] < 0x80)
            {
                int letter = (rest[0] | 0x20) is >= 'a' and <= 'z' ? 1 : 0;
                letters += letter;
                latin += letter;
                rest = rest[1..];
                continue;
            }

            if (Rune.DecodeFromUtf8(rest, out Rune rune, out int used) != OperationStatus.Done)
            {
                break;
            }

            rest = rest[used..];
            int script = Script(rune.Value);
            letters += script >= 0 ? 1 : 0;
            latin += script == 0 ? 1 : 0;
            if (script > 0)
            {
                scripts[script]++;
            }
        }

        if (letters < LeastLetters)
        {
            return null;
        }

        if (latin * 2 > letters)
        {
            return Latin(hits);
        }

        // Kana marks Japanese however many Han characters stand between.
        if (scripts[2] * 10 > letters)
        {
            return "Japanese";
        }

        string?[] names = [null, "Chinese", "Japanese", "Korean", "Russian", "Arabic", "Hindi", "Greek"];
        for (int script = 1; script < scripts.Length; script++)
        {
            if (scripts[script] * 2 > letters)
            {
                return names[script];
            }
        }

        return null;
    }

    private static int Script(int code) =>
        code switch
        {
            >= 0xC0 and <= 0x24F => 0,
            >= 0x4E00 and <= 0x9FFF or >= 0x3400 and <= 0x4DBF => 1,
            >= 0x3040 and <= 0x30FF => 2,
            >= 0xAC00 and <= 0xD7AF => 3,
            >= 0x400 and <= 0x52F => 4,
            >= 0x600 and <= 0x6FF => 5,
            >= 0x900 and <= 0x97F => 6,
            >= 0x370 and <= 0x3FF => 7,
            _ => -1,
        };

    private static string? Latin(ulong hits)
    {
        (int best, int most, int second) = (0, 0, 0);
        for (int language = 0; language < _latin.Length; language++)
        {
            int count = (byte)(hits >> (8 * language));
            if (count > most)
            {
                (best, second, most) = (language, most, count);
            }
            else
            {
                second = Math.Max(second, count);
            }
        }

        return most >= LeastWords && most >= 2 * second ? _latin[best] : null;
    }
}
