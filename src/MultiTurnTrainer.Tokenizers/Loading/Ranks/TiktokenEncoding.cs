using MultiTurnTrainer.Tokenizers.AddedTokens;
using MultiTurnTrainer.Tokenizers.Fast;
using MultiTurnTrainer.Tokenizers.PreTokenizers;

namespace MultiTurnTrainer.Tokenizers.Loading.Ranks;

/// <summary>What goes with a known list of tokens. The patterns are tiktoken's, written for our engine.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Ranks">How many tokens the list has.</param>
/// <param name="Pattern">How texts are split.</param>
/// <param name="SpecialTokens">Special tokens with their ids.</param>
internal sealed record TiktokenEncoding(string Name, int Ranks, string Pattern, IReadOnlyList<AddedToken> SpecialTokens)
{
    /// <summary>How cl100k_base splits texts, blanks at the end of a text in one piece.</summary>
    public const string Cl100kPattern = TiktokenScanner.Pattern;

    private const string EndOfText = "<|endoftext|>";
    private const string EndOfPrompt = "<|endofprompt|>";

    // The first of equal numbers of tokens counts where the name is another.
    private static readonly TiktokenEncoding[] Known =
    [
        new("cl100k_base", 100_256, Cl100kPattern, Special((EndOfText, 100_257), Fim(100_258), (EndOfPrompt, 100_276))),
        new("o200k_base", 199_998, Gpt4o.Pattern, [Token(EndOfText, 199_999), Token(EndOfPrompt, 200_018)]),
        new("o200k_harmony", 199_998, Gpt4o.Pattern, Harmony()),
        new("r50k_base", 50_256, ByteLevelPreTokenizer.Pattern, [Token(EndOfText, 50_256)]),
        new("gpt2", 50_256, ByteLevelPreTokenizer.Pattern, [Token(EndOfText, 50_256)]),
        new("p50k_base", 50_280, ByteLevelPreTokenizer.Pattern, [Token(EndOfText, 50_256)]),
        new("p50k_edit", 50_280, ByteLevelPreTokenizer.Pattern, [Token(EndOfText, 50_256), .. Fim(50_281)]),
        new("llama3", 128_000, FastPlan.Cl100kPattern, []),
        new("qwen", 151_643, FastPlan.QwenPattern, []),
    ];

    /// <summary>The encoding of a list, by its name or its length; null for one that is not known.</summary>
    public static TiktokenEncoding? Find(string name, int ranks) =>
        Array.Find(Known, encoding => encoding.Name == name && encoding.Ranks == ranks)
        ?? Array.Find(Known, encoding => encoding.Ranks == ranks);

    private static AddedToken Token(string content, int id) => AddedToken.Control(content, id);

    private static AddedToken[] Fim(int first) =>
        [Token("<|fim_prefix|>", first), Token("<|fim_middle|>", first + 1), Token("<|fim_suffix|>", first + 2)];

    private static AddedToken[] Special((string, int) one, AddedToken[] more, (string, int) last) =>
        [Token(one.Item1, one.Item2), .. more, Token(last.Item1, last.Item2)];

    private static AddedToken[] Harmony()
    {
        Dictionary<int, string> named = new()
        {
            [199_998] = "<|startoftext|>",
            [199_999] = EndOfText,
            [200_002] = "<|return|>",
            [200_003] = "<|constrain|>",
            [200_005] = "<|channel|>",
            [200_006] = "<|start|>",
            [200_007] = "<|end|>",
            [200_008] = "<|message|>",
            [200_012] = "<|call|>",
        };
        return
        [
            .. Enumerable
                .Range(199_998, 201_088 - 199_998)
                .Select(id => Token(named.GetValueOrDefault(id, $"<|reserved_{id}|>"), id)),
            Token(EndOfPrompt, 200_018),
        ];
    }
}
