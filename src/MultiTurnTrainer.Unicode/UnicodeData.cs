// Folder Unicode: frozen facts about code points, the same on every machine.
// Refuses to know: texts, tokens, templates.

namespace MultiTurnTrainer.Unicode;

/// <summary>
/// The frozen tables in <c>unicode.bin</c> (made by <c>scripts/unicode</c>): named code-point sets, lower-case and
/// decomposition maps, compositions. Numbers are LEB128; a set is ranges of (gap, length − 1); a map is entries of
/// (gap, count, scalars…); a composition is (first, second, composed).
/// </summary>
public static class UnicodeData
{
    private static readonly Dictionary<string, CodePointSet> Sets = new(StringComparer.Ordinal);

    static UnicodeData()
    {
        using Stream stream =
            typeof(UnicodeData).Assembly.GetManifestResourceStream("unicode.bin")
            ?? throw new InvalidOperationException("unicode.bin is not embedded");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        Reader reader = new(bytes);
        for (int sets = reader.Number(); sets > 0; sets--)
        {
            string name = reader.Name();
            Sets.Add(name, reader.Set());
        }

        Dictionary<string, Dictionary<int, int[]>> maps = new(StringComparer.Ordinal);
        for (int count = reader.Number(); count > 0; count--)
        {
            string name = reader.Name();
            maps.Add(name, reader.Map());
        }

        Lower = maps["lower"];
        Canonical = maps["nfd"];
        Compatibility = maps["nfkd"];
        Compositions = reader.Compositions();
    }

    /// <summary>Full lower-case mappings of single scalars.</summary>
    public static Dictionary<int, int[]> Lower { get; }

    /// <summary>Full canonical decompositions, without Hangul syllables.</summary>
    public static Dictionary<int, int[]> Canonical { get; }

    /// <summary>Full compatibility decompositions, without Hangul syllables.</summary>
    public static Dictionary<int, int[]> Compatibility { get; }

    /// <summary>The composed scalar for (first &lt;&lt; 32 | second), without Hangul syllables.</summary>
    public static Dictionary<long, int> Compositions { get; }

    /// <summary>The names of all sets.</summary>
    public static IReadOnlyCollection<string> Names => Sets.Keys;

    /// <summary>A set that must exist.</summary>
    public static CodePointSet Set(string name) => Sets[name];

    /// <summary>A set by name, or null.</summary>
    public static CodePointSet? Find(string name) => Sets.GetValueOrDefault(name);

    private ref struct Reader(byte[] bytes)
    {
        private int _at;

        public int Number()
        {
            int value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte next = bytes[_at++];
                value |= (next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }
        }

        public string Name()
        {
            int length = Number();
            string name = Encoding.ASCII.GetString(bytes, _at, length);
            _at += length;
            return name;
        }

        public CodePointSet Set()
        {
            int[] bounds = new int[2 * Number()];
            int at = 0;
            for (int i = 0; i < bounds.Length; i += 2)
            {
                bounds[i] = at + Number();
                at = bounds[i + 1] = bounds[i] + Number() + 1;
            }

            return new CodePointSet(bounds);
        }

        public Dictionary<int, int[]> Map()
        {
            int count = Number();
            Dictionary<int, int[]> map = new(count);
            int at = 0;
            for (int i = 0; i < count; i++)
            {
                int from = at + Number();
                int[] to = new int[Number()];
                for (int j = 0; j < to.Length; j++)
                {
                    to[j] = Number();
                }

                map.Add(from, to);
                at = from + 1;
            }

            return map;
        }

        public Dictionary<long, int> Compositions()
        {
            int count = Number();
            Dictionary<long, int> map = new(count);
            for (int i = 0; i < count; i++)
            {
                long first = Number();
                long second = Number();
                map.Add((first << 32) | second, Number());
            }

            return map;
        }
    }
}
