using System.Collections.Frozen;

namespace MultiTurnTrainer.Context.Persona;

/// <summary>Guesses the language of a text: by its script, and where that is Latin by the words that every text of a language has.</summary>
internal static class AnswerLanguage
{
    // Fewer words say too little to be sure.
    private const int LeastWords = 4;

    private static readonly FrozenDictionary<string, FrozenSet<string>> _common = new Dictionary<string, string>
    {
        ["en"] =
            "the and is are you your to of in it that for on with this can be not have if i we at as or an will from please by was do but",
        ["de"] =
            "der die das und ist sind sie du ihr zu von in es dass für auf mit diese kann nicht haben wenn ich wir ein eine einen wird bitte aber den dem auch sich",
        ["fr"] =
            "le la les et est sont vous tu votre à de des en il que pour sur avec ce cette peut ne pas avez si je nous un une sera du mais au dans",
        ["es"] =
            "el la los las y es son usted tu su a de en lo que para con este esta puede no ha si yo un una será por pero del como se",
        ["it"] =
            "il lo la gli e è sono lei tu suo a di in che per su con questo questa può non ha se io noi un una sarà ma del della si",
        ["nl"] =
            "de het en is zijn u je jouw uw te van in dat voor op met dit deze kan niet hebben als ik wij een wordt maar om ook er",
        ["pt"] =
            "o a os as e é são você seu sua de em que para com este esta pode não tem se eu nós um uma será mas do da no na por",
    }.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.Split(' ').ToFrozenSet(StringComparer.Ordinal));

    /// <summary>The language; null where it cannot be told.</summary>
    public static string? Of(string text)
    {
        int latin = Count(text, 'A', '\u024f');
        int han = Count(text, '\u3400', '\u9fff');
        int kana = Count(text, '\u3040', '\u30ff');
        int hangul = Count(text, '\uac00', '\ud7af');
        int cyrillic = Count(text, '\u0400', '\u04ff');
        (string Language, int Letters)[] scripts =
        [
            ("ko", hangul),
            ("ru", cyrillic),
            ("ja", kana > 0 ? kana + han : 0),
            ("zh", kana > 0 ? 0 : han),
        ];
        (string language, int letters) = scripts.MaxBy(script => script.Letters);

        // A Chinese character says about as much as two or three Latin letters.
        return letters * 2 > latin ? language : Latin(text);
    }

    private static string? Latin(string text)
    {
        string[] words = [.. ToneWords.Of(text)];
        if (words.Length < LeastWords)
        {
            return null;
        }

        (string Language, int Found)[] ranked =
        [
            .. _common
                .Select(pair => (pair.Key, words.Count(pair.Value.Contains)))
                .OrderByDescending(pair => pair.Item2)
                .ThenBy(pair => pair.Key, StringComparer.Ordinal),
        ];
        return ranked[0].Found > 0 && ranked[0].Found > ranked[1].Found ? ranked[0].Language : null;
    }

    private static int Count(string text, char first, char last) =>
        text.Count(letter => letter >= first && letter <= last && char.IsLetter(letter));
}
