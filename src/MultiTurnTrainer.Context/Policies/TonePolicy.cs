namespace MultiTurnTrainer.Context.Policies;

/// <summary>How somebody is spoken to.</summary>
public enum ToneRegister
{
    /// <summary>It does not matter.</summary>
    Any,

    /// <summary>No contractions, slang or emoji; <c>Sie</c>, <c>vous</c>, <c>您</c>.</summary>
    Formal,

    /// <summary>As among friends: no officialese; <c>du</c>, <c>tu</c>, <c>你</c>.</summary>
    Informal,
}

/// <summary>How answers are to sound. It shapes no prompt; answers are measured by it.</summary>
public sealed record TonePolicy
{
    /// <summary>The languages that can be told.</summary>
    internal static IReadOnlyList<string> Languages { get; } =
    ["de", "en", "es", "fr", "it", "ja", "ko", "nl", "pt", "ru", "zh"];

    /// <summary>Fewest words of an answer; 0 for any.</summary>
    [Range(0, 1_000_000)]
    public int MinWords { get; init; }

    /// <summary>Most words; 0 for any.</summary>
    [Range(0, 1_000_000)]
    public int MaxWords { get; init; }

    /// <summary>How the user is spoken to.</summary>
    public ToneRegister Register { get; init; }

    /// <summary>The language of answers: <c>en</c>, <c>de</c>, <c>fr</c>, <c>es</c>, <c>it</c>, <c>nl</c>, <c>pt</c>, <c>zh</c>, <c>ja</c>, <c>ko</c>, <c>ru</c>; empty for any.</summary>
    public string Language { get; init; } = "";

    /// <summary>Words and phrases that no answer has.</summary>
    public IReadOnlyList<string> Forbidden { get; init; } = [];

    /// <summary>A model that says how well an answer keeps to persona and tone; null for rules alone.</summary>
    public ToneJudge? Judge { get; init; }
}

/// <summary>A model that judges answers.</summary>
public sealed record ToneJudge
{
    /// <summary>Its name on its endpoint, or a local model folder.</summary>
    public string Model { get; init; } = "";

    /// <summary>What it is told; <c>{persona}</c> stands for the policy's persona. Empty takes the built-in text.</summary>
    public string Prompt { get; init; } = "";
}
