namespace MultiTurnTrainer.Tokenizers.Regex;

/// <summary>Named classes of code points: <c>\p{…}</c>, <c>[[:…:]]</c> and their short forms.</summary>
internal static class RegexClasses
{
    private static readonly Dictionary<string, string> ByName = BuildNames();

    /// <summary><c>\s</c></summary>
    public static CodePointSet Space => UnicodeData.Set("onig_s");

    /// <summary><c>\w</c></summary>
    public static CodePointSet Word => UnicodeData.Set("onig_w");

    /// <summary><c>\d</c></summary>
    public static CodePointSet Digit => UnicodeData.Set("onig_d");

    /// <summary><c>\h</c></summary>
    public static CodePointSet HexDigit => UnicodeData.Set("onig_h");

    /// <summary>Every scalar.</summary>
    public static CodePointSet Any { get; } = CodePointSet.Range(0, CodePointSet.End - 1);

    /// <summary>Every scalar but the newline.</summary>
    public static CodePointSet NotNewline { get; } = CodePointSet.Range('\n', '\n').Complement();

    /// <summary>A POSIX bracket's class, or null.</summary>
    public static CodePointSet? Posix(string name) => UnicodeData.Find("posix_" + name);

    /// <summary>A property's class, or null; case, blanks, <c>_</c> and <c>-</c> of the name do not matter.</summary>
    public static CodePointSet? Property(string name)
    {
        string key = Fold(name);
        return key switch
        {
            "any" => Any,
            "assigned" => UnicodeData.Set("gc_Cn").Complement(),
            _ => ByName.TryGetValue(key, out string? set) ? UnicodeData.Set(set) : null,
        };
    }

    private static Dictionary<string, string> BuildNames()
    {
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        foreach (string set in UnicodeData.Names)
        {
            // POSIX names win: \p{Punct} is [[:punct:]], \p{Lower} is [[:lower:]].
            if (set.StartsWith("p_", StringComparison.Ordinal))
            {
                names.TryAdd(Fold(set[2..]), set);
            }
            else if (set.StartsWith("gc_", StringComparison.Ordinal))
            {
                names.TryAdd(Fold(set[3..]), set);
            }
            else if (set.StartsWith("posix_", StringComparison.Ordinal))
            {
                names[Fold(set[6..])] = set;
            }
        }

        const string longNames =
            "Letter L Cased_Letter LC Uppercase_Letter Lu Lowercase_Letter Ll Titlecase_Letter Lt Modifier_Letter Lm "
            + "Other_Letter Lo Mark M Combining_Mark M Nonspacing_Mark Mn Spacing_Mark Mc Enclosing_Mark Me Number N "
            + "Decimal_Number Nd Letter_Number Nl Other_Number No Punctuation P Connector_Punctuation Pc "
            + "Dash_Punctuation Pd Open_Punctuation Ps Close_Punctuation Pe Initial_Punctuation Pi "
            + "Final_Punctuation Pf Other_Punctuation Po Symbol S Math_Symbol Sm Currency_Symbol Sc "
            + "Modifier_Symbol Sk Other_Symbol So Separator Z Space_Separator Zs Line_Separator Zl "
            + "Paragraph_Separator Zp Other C Control Cc Format Cf Surrogate Cs Private_Use Co Unassigned Cn";
        string[] words = longNames.Split(' ');
        for (int i = 0; i < words.Length; i += 2)
        {
            if (UnicodeData.Find("gc_" + words[i + 1]) is not null)
            {
                names[Fold(words[i])] = "gc_" + words[i + 1];
            }
        }

        return names;
    }

    private static string Fold(string name)
    {
        StringBuilder folded = new(name.Length);
        foreach (char c in name)
        {
            if (c is not (' ' or '_' or '-'))
            {
                folded.Append(char.ToLowerInvariant(c));
            }
        }

        return folded.ToString();
    }
}
